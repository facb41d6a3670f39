"""Stopped or killed, everything acknowledged is found again at the next start, in all its detail."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from lemm.stack.up import Stack, StackError

TEMPLATE = Path(__file__).parent / "fixtures" / "template.yaml"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_tables_and_objects_are_found_again(tmp_path, end):
    with Stack(tmp_path, TEMPLATE) as stack:
        table, bucket = stack.addresses.outputs["Table"], stack.addresses.outputs["Bucket"]
        dynamodb, s3 = stack.client("dynamodb"), stack.client("s3")
        item = {"pk": {"S": "a"}, "sk": {"S": "b"}, "owner": {"S": "me"}, "raw": {"B": b"\0\xff"}, "set": {"NS": ["1"]}}
        dynamodb.put_item(TableName=table, Item=item)
        first = s3.put_object(
            Bucket=bucket, Key="x/ä", Body=b"one", ContentType="audio/flac", Metadata={"by": "me"}, Tagging="k=v"
        )
        second = s3.put_object(Bucket=bucket, Key="x/ä", Body=b"two", ChecksumAlgorithm="SHA256")
        s3.put_object(Bucket=bucket, Key="gone", Body=b"old")
        marker = s3.delete_object(Bucket=bucket, Key="gone")
        erased = s3.put_object(Bucket=bucket, Key="erased", Body=b"1")["VersionId"]
        s3.delete_object(Bucket=bucket, Key="erased", VersionId=erased)
        before = stack.client("lambda").get_function_configuration(FunctionName=stack.addresses.resources["Keep"])
        getattr(stack, end)()

    with Stack(tmp_path, TEMPLATE) as stack:
        assert stack.addresses.outputs["Table"] == table
        assert stack.addresses.outputs["Bucket"] == bucket
        dynamodb, s3 = stack.client("dynamodb"), stack.client("s3")
        found = dynamodb.query(
            TableName=table,
            IndexName="by-owner",
            KeyConditionExpression="#o = :o",
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":o": {"S": "me"}},
        )
        assert found["Items"] == [item]
        now = s3.get_object(Bucket=bucket, Key="x/ä")
        assert (now["Body"].read(), now["VersionId"], now["ETag"]) == (b"two", second["VersionId"], second["ETag"])
        then = s3.get_object(Bucket=bucket, Key="x/ä", VersionId=first["VersionId"])
        assert then["Body"].read() == b"one"
        assert (then["ContentType"], then["Metadata"]) == ("audio/flac", {"by": "me"})
        tags = s3.get_object_tagging(Bucket=bucket, Key="x/ä", VersionId=first["VersionId"])
        assert tags["TagSet"] == [{"Key": "k", "Value": "v"}]
        versions = s3.list_object_versions(Bucket=bucket)
        assert [entry["VersionId"] for entry in versions["DeleteMarkers"]] == [marker["VersionId"]]
        assert "erased" not in {entry["Key"] for entry in versions["Versions"]}
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket=bucket, Key="x/ä", Body=b"three", IfMatch=first["ETag"])
        s3.put_object(Bucket=bucket, Key="x/ä", Body=b"three", IfMatch=second["ETag"])
        after = stack.client("lambda").get_function_configuration(FunctionName=stack.addresses.resources["Keep"])
        assert after["Environment"] == before["Environment"]


def test_after_the_parent_was_killed_the_next_start_takes_over_at_once(tmp_path):
    code = f"""
import time
from pathlib import Path
from lemm.stack.up import Stack
stack = Stack(Path({str(tmp_path)!r}), Path({str(TEMPLATE)!r}))
table = stack.start().outputs["Table"]
stack.client("dynamodb").put_item(TableName=table, Item={{"pk": {{"S": "a"}}, "sk": {{"S": "b"}}}})
print("up", flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "up\n"
    parent.kill()
    parent.wait()
    with Stack(tmp_path, TEMPLATE) as stack:
        assert stack.client("dynamodb").scan(TableName=stack.addresses.outputs["Table"])["Count"] == 1


def test_secrets_are_private_and_stay(tmp_path):
    first = Stack(tmp_path, TEMPLATE)
    values = (first.keyring.root_key(), first.keyring.password("admin"), first.keyring.signing_seed("jwt"))
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    second = Stack(tmp_path, TEMPLATE)
    assert values == (second.keyring.root_key(), second.keyring.password("admin"), second.keyring.signing_seed("jwt"))


def test_two_stacks_never_share_a_folder(tmp_path):
    with Stack(tmp_path, TEMPLATE), pytest.raises(StackError, match="in use by another running stack"):
        Stack(tmp_path, TEMPLATE).start()


def test_a_broken_template_is_refused_with_its_reason_and_leaves_the_data(tmp_path):
    with Stack(tmp_path, TEMPLATE) as stack:
        table = stack.addresses.outputs["Table"]
        stack.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    broken = TEMPLATE.with_name("broken.yaml")
    text = TEMPLATE.read_text().replace("CodeUri: functions/fail", "CodeUri: functions/missing")
    try:
        broken.write_text(text)
        with pytest.raises(StackError, match="functions/missing, which does not exist"):
            Stack(tmp_path, broken).start()
    finally:
        broken.unlink()
    with Stack(tmp_path, TEMPLATE) as stack:
        assert stack.client("dynamodb").scan(TableName=table)["Count"] == 1

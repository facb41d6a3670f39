"""Every cell of the access table, with the function's own credentials: what is granted works, all else is denied."""

import pytest
from botocore.exceptions import ClientError
from lemm.access import markdown, read_access
from template import ROOT

pytestmark = pytest.mark.e2e
ACCESS = read_access(ROOT / "template.yaml")
DENIED = {"AccessDenied", "AccessDeniedException", "403"}
NOBODY = {"pk": {"S": "access-probe"}, "sk": {"S": "access-probe"}}
NEVER = {"ConditionExpression": "attribute_exists(never_there)"}


def _denied(call, **arguments):
    """Whether the store refuses the right itself; any other answer means that it was granted."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False


@pytest.fixture(scope="module")
def credentials(installation):
    return {name: installation.stack.function_credentials(f"lemm-{name}") for name in ACCESS.functions}


def test_the_printed_table_is_the_template():
    assert (ROOT / "docs" / "arch" / "access.md").read_text() == markdown(ACCESS)


@pytest.mark.parametrize("function", ACCESS.functions)
def test_tables(installation, credentials, function):
    tables = installation.stack.client("dynamodb", credentials[function])
    wrong = []
    for table in ACCESS.tables:
        letters, name = ACCESS.letters(function, table), f"lemm-{table}"
        seen = {
            "r": not _denied(tables.get_item, TableName=name, Key=NOBODY),
            "w": not _denied(tables.put_item, TableName=name, Item=NOBODY, **NEVER),
            "d": not _denied(tables.delete_item, TableName=name, Key=NOBODY, **NEVER),
        }
        wrong += [(table, letter) for letter, allowed in seen.items() if allowed != (letter in letters)]
        assert _denied(tables.scan, TableName=name), "no function lists a whole table"
    assert wrong == []


def _probe(prefix):
    return prefix.replace("*", "access-probe/x")


PREFIXES = sorted({prefix for grant in ACCESS.grants for prefix in grant.prefixes} | {"elsewhere/*"})


@pytest.mark.parametrize("function", ACCESS.functions)
def test_buckets(installation, credentials, function):
    objects, root = installation.stack.client("s3", credentials[function]), installation.stack.client("s3")
    wrong = []
    for bucket in ACCESS.buckets:
        name = installation.bucket(bucket)
        for prefix in PREFIXES:
            key = _probe(prefix)
            seen = {
                "r": not _denied(objects.get_object, Bucket=name, Key=key),
                "d": not _denied(objects.delete_object, Bucket=name, Key=key),
            }
            if bucket != "quarantine" or not prefix.startswith("uploads/"):  # an upload would start the pipeline
                seen["w"] = not _denied(objects.put_object, Bucket=name, Key=key, Body=b"")
                root.delete_object(Bucket=name, Key=key)
            for letter, allowed in seen.items():
                granted = any(_covers(p, prefix) for p in ACCESS.prefixes(function, bucket, letter))
                if allowed != granted:
                    wrong.append((bucket, prefix, letter))
    assert wrong == []


def _covers(granted, prefix):
    return granted == prefix or (granted.endswith("*") and prefix.startswith(granted[:-1]))


def test_decide_reads_no_audio(installation, credentials):
    objects = installation.stack.client("s3", credentials["decide"])
    for bucket in ("quarantine", "vault", "outputs"):
        assert _denied(objects.get_object, Bucket=installation.bucket(bucket), Key="audio/any.flac")


def test_a_training_job_holds_no_cloud_credentials_and_the_gateway_lists_nothing(installation, credentials):
    for function in ("gateway-issue-token", "gateway-fetch"):
        objects = installation.stack.client("s3", credentials[function])
        assert _denied(objects.list_objects_v2, Bucket=installation.bucket("vault"))

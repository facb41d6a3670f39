"""What the rest of the vault relies on: events, state machines, roles, signatures, conditions."""

import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.e2e.stack.conftest import Small, eventually


def refused(call, *codes: str) -> None:
    with pytest.raises(ClientError) as refusal:
        call()
    assert refusal.value.response["Error"]["Code"] in codes


def send(url: str, data: bytes | None = None, **headers: str) -> int:
    request = urllib.request.Request(url, data=data, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as answer:
        return answer.code


def form(fields: dict[str, str], body: bytes) -> tuple[bytes, str]:
    parts = [f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = "".join(parts) + '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    return head.encode() + body + b"\r\n--B--\r\n", "multipart/form-data; boundary=B"


# --- events and state machines ---------------------------------------------------


def test_an_upload_runs_the_state_machine_with_retry_catch_parallel_and_task_token(small: Small):
    states, key = small.client("stepfunctions"), f"in/{uuid.uuid4().hex}"
    stored = small.client("s3").put_object(Bucket=small.bucket, Key=key, Body=b"1")
    dynamodb = small.client("dynamodb")

    def token() -> str | None:
        found = dynamodb.get_item(TableName=small.table, Key={"pk": {"S": "token"}, "sk": {"S": key}}).get("Item")
        return found and found["token"]["S"]

    answer = eventually(token)
    runs = states.list_executions(stateMachineArn=small.stack.addresses.outputs["Flow"])["executions"]
    run = next(
        run["executionArn"]
        for run in runs
        if key in states.describe_execution(executionArn=run["executionArn"])["input"]
    )
    described = states.describe_execution(executionArn=run)
    assert described["status"] == "RUNNING"
    assert json.loads(described["input"])["detail"]["object"]["version-id"] == stored["VersionId"]
    as_keep, as_read = small.client("stepfunctions", "Keep"), small.client("stepfunctions", "Read")
    refused(lambda: as_keep.send_task_success(taskToken=answer, output="{}"), "AccessDeniedException")
    gone = "0" * 8 + answer[8:]
    refused(lambda: as_read.send_task_success(taskToken=gone, output="{}"), "TaskDoesNotExist")
    as_read.send_task_success(taskToken=answer, output='{"bound": true}')
    eventually(lambda: states.describe_execution(executionArn=run)["status"] == "SUCCEEDED")
    assert json.loads(states.describe_execution(executionArn=run)["output"]) == {"bound": True}
    history = states.get_execution_history(executionArn=run, maxResults=1000)["events"]
    failures = [event for event in history if "Failed" in event["type"] and "Execution" not in event["type"]]
    assert len(failures) == 2, "tried, and tried again"
    assert dynamodb.get_item(TableName=small.table, Key={"pk": {"S": "kept"}, "sk": {"S": key}}).get("Item")


def test_a_function_that_fails_while_its_task_waits_fails_the_task(small: Small):
    states, machine = small.client("stepfunctions"), small.stack.addresses.outputs["Flow"]
    key = f"in/refuse-{uuid.uuid4().hex}"
    event = json.dumps({"detail": {"object": {"key": key}}})
    run = states.start_execution(stateMachineArn=machine, input=event)["executionArn"]
    described = eventually(lambda: (d := states.describe_execution(executionArn=run))["status"] == "FAILED" and d)
    assert described["error"] == "Refused"


def test_an_upload_outside_the_pattern_starts_nothing(small: Small):
    states, machine = small.client("stepfunctions"), small.stack.addresses.outputs["Flow"]
    before = len(states.list_executions(stateMachineArn=machine)["executions"])
    small.client("s3").put_object(Bucket=small.bucket, Key="elsewhere/x", Body=b"1")
    time.sleep(0.5)
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == before


def test_an_error_is_named_by_its_class_and_the_worker_lives_on(small: Small):
    _, first = small.invoke("Fail", {})
    error, told = small.invoke("Fail", {"why": "Revoked"})
    assert error is not None
    assert (told["errorType"], told["errorMessage"]) == ("Revoked", "two lines\nof explanation")
    assert small.invoke("Fail", {}) == (None, first)


def test_a_worker_that_dies_is_replaced(small: Small):
    error, told = small.invoke("Read", {"die": True})
    assert (error, told["errorMessage"]) == ("Unhandled", "Worker process died")
    assert small.invoke("Read", {})[0] is None


# --- roles and signatures ------------------------------------------------------------


def test_a_role_is_enforced_inside_the_worker(small: Small):
    assert small.invoke("Keep", {"pk": "role", "sk": "may"})[0] is None
    assert small.invoke("Read", {})[1]["refused"] == "AccessDeniedException"


def test_a_function_may_do_what_its_policy_says_and_nothing_else(small: Small):
    keep, key = small.client("dynamodb", "Keep"), {"pk": {"S": "a"}, "sk": {"S": "b"}}
    keep.put_item(TableName=small.table, Item=key)
    refused(lambda: keep.get_item(TableName=small.table, Key=key), "AccessDeniedException")
    refused(lambda: keep.scan(TableName=small.table), "AccessDeniedException")
    condition = {
        "ConditionCheck": {"TableName": small.table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    }
    refused(lambda: keep.transact_write_items(TransactItems=[condition]), "AccessDeniedException")
    s3 = small.client("s3", "Keep")
    refused(lambda: s3.list_objects_v2(Bucket=small.bucket), "AccessDenied")
    refused(lambda: s3.put_object(Bucket=small.bucket, Key="x", Body=b""), "AccessDenied")
    refused(lambda: small.client("iam", "Keep").list_roles(), "AccessDenied")


@pytest.mark.parametrize(
    ("key", "secret"), [("test", "test"), ("000000000000", "x"), ("root", "right"), ("AKIAUNKNOWN", "x")]
)
def test_no_key_is_taken_at_its_word(small: Small, key, secret):
    """MiniStack itself takes `test`, account numbers and its configured key without looking at the signature."""
    name = small.stack.keyring.root_key()[0] if key == "root" else key
    credentials = {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": secret}
    for service, call in (("dynamodb", "list_tables"), ("s3", "list_buckets"), ("lambda", "list_functions")):
        with pytest.raises(ClientError):
            getattr(small.stack.client(service, credentials), call)()


def test_a_secret_is_read_by_the_role_that_names_it_only(small: Small):
    arn = small.stack.addresses.resources["Password"]
    assert arn.startswith("arn:aws:secretsmanager:")
    assert small.client("secretsmanager", "Keep").get_secret_value(SecretId=arn)["SecretString"] == "hello"
    refused(lambda: small.client("secretsmanager", "Read").get_secret_value(SecretId=arn), "AccessDeniedException")


def test_credentials_of_a_role_are_not_derived_from_its_name(small: Small):
    import hashlib

    found = small.client("lambda").get_function_configuration(FunctionName=small.stack.addresses.resources["Keep"])
    digest = hashlib.sha256(f"{found['FunctionArn']}:{found['Role']}".encode()).hexdigest()
    guess = {
        "AWS_ACCESS_KEY_ID": f"ASIA{digest[:16].upper()}",
        "AWS_SECRET_ACCESS_KEY": hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        "AWS_SESSION_TOKEN": hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
    }
    with pytest.raises(ClientError):
        small.stack.client("dynamodb", guess).put_item(TableName=small.table, Item={"pk": {"S": "g"}, "sk": {"S": "g"}})


def test_the_door_is_closed(small: Small):
    base = small.stack.addresses.emulator
    assert send(f"{base}/_ministack/health") == 200
    for path in ("/_ministack/reset", "/_ministack/config", "/_aws/sqs/messages", "/_localstack/init"):
        assert send(base + path, b"{}") == 404
    assert send(f"{base}/_lemm/session?function=x", b"") == 403
    assert send(f"{base}/_ministack/health", Host="evil.example") == 403
    assert send(f"{base}/{small.bucket}") == 403
    assert send(f"{base}/{small.bucket}/in/x") == 403


def listening(pid: int) -> set[str]:
    """Addresses that a process listens on, as /proc/net/tcp writes them: 0100007F is 127.0.0.1."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in sockets}


def test_nothing_listens_outside_loopback(small: Small):
    small.client("sqs").list_queues()
    assert [listening(child.pid) for child in small.stack._children] == [{"0100007F"}] * 2


def test_what_a_function_writes_is_kept(small: Small):
    small.invoke("Wait", {"key": "refuse", "token": "t"})
    log = small.stack.data_dir / "logs" / "functions" / f"{small.stack.addresses.resources['Wait']}.log"
    assert "Refused: not this one" in log.read_text()
    small.invoke("Keep", {"pk": "log", "sk": "line"})
    kept = log.with_name(f"{small.stack.addresses.resources['Keep']}.log")
    eventually(lambda: kept.exists() and "kept line" in kept.read_text())


# --- objects ---------------------------------------------------------------------------


def test_a_presigned_form_holds_its_conditions(small: Small):
    s3 = small.client("s3")
    key = f"form/{uuid.uuid4().hex}"
    conditions = [["content-length-range", 5, 20], {"Content-Type": "audio/flac"}]
    signed = s3.generate_presigned_post(
        small.bucket, key, Fields={"Content-Type": "audio/flac"}, Conditions=conditions, ExpiresIn=30
    )

    def post(body: bytes, **changed: str) -> int:
        data, kind = form({**signed["fields"], **changed}, body)
        return send(signed["url"], data, Content_Type=kind)

    assert post(b"1234") == 400
    assert post(b"1" * 21) == 400
    assert post(b"12345678", key="form/other") == 403
    assert post(b"12345678", **{"Content-Type": "text/html"}) == 403
    assert post(b"12345678", **{"x-amz-signature": "0" * 64}) == 403
    assert "Contents" not in s3.list_objects_v2(Bucket=small.bucket, Prefix=key)
    assert post(b"12345678") == 204
    assert s3.get_object(Bucket=small.bucket, Key=key)["Body"].read() == b"12345678"
    assert post(b"87654321") == 204, "a form can be posted twice: pin the first version"
    assert len(s3.list_object_versions(Bucket=small.bucket, Prefix=key)["Versions"]) == 2


def test_a_presigned_link_expires_and_can_not_be_changed(small: Small):
    s3 = small.client("s3")
    s3.put_object(Bucket=small.bucket, Key="link", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": small.bucket, "Key": "link"}, ExpiresIn=1)
    assert send(url) == 200
    assert send(url.replace("/link?", "/in/x?")) == 403
    assert send(url.replace("X-Amz-Expires=1&", "X-Amz-Expires=1000&")) == 403
    time.sleep(2.1)
    assert send(url) == 403


def test_a_link_signed_by_a_role_without_the_right_is_refused(small: Small):
    keep = small.client("s3", "Keep")
    small.client("s3").put_object(Bucket=small.bucket, Key="link", Body=b"x")
    url = keep.generate_presigned_url("get_object", Params={"Bucket": small.bucket, "Key": "link"}, ExpiresIn=30)
    assert send(url) == 403


def test_conditional_puts_and_deletes(small: Small):
    s3, key = small.client("s3"), f"pointer/{uuid.uuid4().hex}"
    one = s3.put_object(Bucket=small.bucket, Key=key, Body=b"1", IfNoneMatch="*")["ETag"]
    refused(lambda: s3.put_object(Bucket=small.bucket, Key=key, Body=b"2", IfNoneMatch="*"), "PreconditionFailed")
    two = s3.put_object(Bucket=small.bucket, Key=key, Body=b"2", IfMatch=one)["ETag"]
    refused(lambda: s3.put_object(Bucket=small.bucket, Key=key, Body=b"3", IfMatch=one), "PreconditionFailed")
    refused(lambda: s3.delete_object(Bucket=small.bucket, Key=key, IfMatch=one), "PreconditionFailed")
    refused(lambda: s3.put_object(Bucket=small.bucket, Key=f"{key}-not", Body=b"", IfMatch=two), "NoSuchKey")
    s3.delete_object(Bucket=small.bucket, Key=key, IfMatch=two)


# --- tables --------------------------------------------------------------------------------


def test_a_cancelled_transaction_says_which_condition_failed(small: Small):
    dynamodb = small.client("dynamodb")
    there = {"pk": {"S": "there"}, "sk": {"S": "x"}}
    dynamodb.put_item(TableName=small.table, Item={**there, "version": {"N": "4"}})
    new = {"pk": {"S": "new"}, "sk": {"S": uuid.uuid4().hex}}
    update = {
        "TableName": small.table,
        "Key": there,
        "UpdateExpression": "SET version = :next",
        "ConditionExpression": "version = :seen",
        "ExpressionAttributeValues": {":next": {"N": "5"}, ":seen": {"N": "3"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": small.table, "Item": new}}, {"Update": update}]
        )
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["version"] == {"N": "4"}
    assert "Item" not in dynamodb.get_item(TableName=small.table, Key=new)


# --- HTTP ---------------------------------------------------------------------------------


def test_every_route_runs_in_the_role_of_its_function(small: Small):
    status, kept, _ = small.http("PUT", "/things/seven")
    assert (status, kept["kept"], kept["greeting"]) == (201, "seven", "hello")
    assert f"/{small.stack.addresses.resources['Keep']}" in kept["role"]
    assert small.http("GET", "/things/seven")[:2] == (200, {"found": True, "status": False})
    assert small.http("GET", "/things/seven/status")[:2] == (200, {"found": True, "status": True})


def test_what_no_function_serves_is_a_problem_document(small: Small):
    status, problem, headers = small.http("DELETE", "/things/seven")
    assert (status, problem["code"], headers["Allow"]) == (405, "method_not_allowed", "GET, PUT")
    status, problem, headers = small.http("GET", "/nothing/here")
    assert (status, problem["code"]) == (404, "not_found")
    assert headers["Content-Type"] == "application/problem+json"
    assert small.http("GET", "/things/seven", Host="evil.example")[0] == 403
    assert small.http("GET", "/")[0] == 200


def test_a_body_over_the_limit_is_refused_before_it_is_sent(small: Small):
    connection = http.client.HTTPConnection(small.stack.addresses.url.removeprefix("http://"), timeout=10)
    connection.putrequest("PUT", "/things/large")
    connection.putheader("Content-Length", str(9 << 20))
    connection.endheaders()
    connection.send(b"x" * 1000)
    assert connection.getresponse().status == 413
    connection.close()

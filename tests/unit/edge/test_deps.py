"""Dependencies: lazy, from the environment alone, and nothing heavy before it is needed."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws
from simulator import Simulator
from vault_domain.accounts import PublicKey
from vault_domain.errors import Conflict, NotAudio, NotFound, Unavailable
from vault_domain.policy import HEAD, SHIPPED, SHIPPED_NUMBER, PolicyVersion
from vault_domain.ports import Put
from vault_edge.app import App, Deps
from vault_edge.aws import Cloud, RemoteFailure, StepTasks
from vault_edge.deps import Misconfigured

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIA-FUNCTION",
    "AWS_SECRET_ACCESS_KEY": "its-own",
    "AWS_SESSION_TOKEN": "session",
    "AWS_REGION": "eu-central-1",
}
EDGE = Path(__file__).resolve().parents[3] / "layers" / "edge" / "src" / "vault_edge"


# --- environment -----------------------------------------------------------------------


def test_a_missing_variable_is_named():
    deps = Deps({"EMPTY": ""})
    for name in ("LEMM_BUCKET_VAULT", "EMPTY"):
        with pytest.raises(Misconfigured, match=name):
            deps.env(name)
    with pytest.raises(Misconfigured, match="LEMM_BUCKET_VAULT"):
        Deps({**CREDENTIALS}).bucket("vault")
    with pytest.raises(ValueError, match="attic"):
        deps.bucket("attic")


def test_only_known_attributes_can_be_preset():
    with pytest.raises(TypeError, match="clok"):
        Deps({}, clok=None)
    with pytest.raises(TypeError, match="_salt"):
        Deps({}, _salt=b"")


def test_an_app_that_nobody_bound_reads_the_process_s_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEMM_TABLE_TRACKS", "tracks-1")
    assert App("unbound").deps.env("LEMM_TABLE_TRACKS") == "tracks-1"


def test_nothing_else_of_the_edge_reads_the_environment():
    readers = [
        path.name for path in EDGE.rglob("*.py") if "os.environ" in path.read_text() or "getenv" in path.read_text()
    ]
    assert readers == ["deps.py"]


def test_attributes_are_made_once(sim: Simulator):
    deps = sim.deps
    assert deps.signer("jwt") is deps.signer("jwt")
    assert deps.signer("jwt").key_id != deps.signer("receipt").key_id
    assert deps.index is deps.index
    assert deps.salted("a") == deps.salted("a") != deps.salted("b")
    assert deps.acoustid is None


def test_a_rotated_secret_gives_another_key(sim: Simulator):
    deps, before = sim.deps, sim.deps.signer("jwt").key_id
    sim.secrets._values["secret-jwt"] = "another secret of 32 characters!"
    assert deps.signer("jwt").key_id != before


def test_the_policy_in_force_is_the_shipped_one_until_an_admin_changes_it(sim: Simulator):
    assert sim.deps.policy_in_force() == (SHIPPED_NUMBER, SHIPPED)
    changed = SHIPPED.model_copy(update={"auto_accept": False})
    head = PolicyVersion(number=2, policy=changed, author="acc_1", reason="why", at=sim.clock(), is_head=True)
    assert head.key() == ("policy", f"policy#{HEAD}")
    sim.store.commit([Put(head, 0)])
    assert sim.deps.policy_in_force() == (2, changed)
    assert sim.deps.policy() == changed


# --- clouds ------------------------------------------------------------------------------


def test_clients_are_bounded_and_sign_with_sigv4():
    cloud = Cloud({**CREDENTIALS, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"})
    s3 = cloud.client("s3")
    config = s3.meta.config
    assert (config.connect_timeout, config.read_timeout, config.signature_version) == (3, 20, "s3v4")
    assert config.retries["total_max_attempts"] == 4
    assert s3.meta.endpoint_url == "http://127.0.0.1:4566"
    assert cloud.client("s3") is s3
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"}, ExpiresIn=9)
    assert url.startswith("http://127.0.0.1:4566/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert "AKIA-FUNCTION" in url


def test_one_process_can_serve_functions_with_different_roles():
    def key_of(cloud: Cloud) -> Any:
        return cloud._session.get_credentials().access_key

    other = Cloud({**CREDENTIALS, "AWS_ACCESS_KEY_ID": "AKIA-OTHER"})
    assert [key_of(Cloud(CREDENTIALS)), key_of(other)] == ["AKIA-FUNCTION", "AKIA-OTHER"]


@mock_aws
def test_records_go_to_the_tables_that_the_environment_names():
    cloud = Cloud(CREDENTIALS)
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    cloud.client("dynamodb").create_table(
        TableName="stack-keys",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    secrets = cloud.client("secretsmanager")
    secrets.create_secret(Name="salt", SecretString="salt of the tests")
    deps = Deps({**CREDENTIALS, "LEMM_TABLE_KEYS": "stack-keys", "LEMM_SECRET_SALT": "salt"})
    key = PublicKey(key_id="k1", purpose="jwt", public_hex="0" * 64, created=deps.clock())
    deps.records.commit([Put(key, 0)])
    found = Deps(deps.environ).records.get(PublicKey, "keys", "public_key#k1")
    assert found is not None
    assert found.version == 1
    assert len(deps.salted("x")) == 64
    assert deps.new_id("trk").startswith("trk_")


class FakeLambda:
    """Answers like Lambda's Invoke."""

    def __init__(self, payload: Any, error: str | None = None, fault: Exception | None = None) -> None:
        self.payload, self.error, self.fault = payload, error, fault
        self.asked: list[Any] = []

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.fault:
            raise self.fault
        data = self.payload if isinstance(self.payload, bytes) else json.dumps(self.payload).encode()
        found: dict[str, Any] = {"Payload": io.BytesIO(data)}
        return {**found, "FunctionError": self.error} if self.error else found


def invoked(monkeypatch: pytest.MonkeyPatch, fake: FakeLambda) -> Any:
    cloud = Cloud(CREDENTIALS)
    monkeypatch.setattr(cloud, "client", lambda *_, **__: fake)
    return Deps({"LEMM_FUNCTION_DECODE": "decode-1"}, cloud=cloud).invoke("LEMM_FUNCTION_DECODE", {"a": 1})


def test_invoking_gives_the_answer(monkeypatch: pytest.MonkeyPatch):
    fake = FakeLambda({"seconds": 3})
    assert invoked(monkeypatch, fake) == {"seconds": 3}
    assert fake.asked == [{"FunctionName": "decode-1", "Payload": b'{"a":1}'}]


@pytest.mark.parametrize(
    ("payload", "raised"),
    [
        ({"errorType": "NotAudio", "errorMessage": "no decoder knows it"}, NotAudio),
        ({"errorType": "NotFound", "errorMessage": "gone"}, NotFound),
        ({"errorMessage": "2026-03-01T12:00:00Z Task timed out after 3.00 seconds"}, Unavailable),
        ({"errorType": "Sandbox.Timedout", "errorMessage": "x"}, Unavailable),
        ({"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"}, Unavailable),
        ({"errorType": "KeyError", "errorMessage": "'a'"}, RemoteFailure),
        ({"errorType": "SystemExit", "errorMessage": "1"}, RemoteFailure),
        ([], Unavailable),
    ],
)
def test_another_function_s_refusal_is_raised_here(monkeypatch: pytest.MonkeyPatch, payload: Any, raised: type):
    with pytest.raises(raised) as caught:
        invoked(monkeypatch, FakeLambda(payload, "Unhandled"))
    assert type(caught.value) is raised
    if raised is NotAudio:
        assert caught.value.detail == "no decoder knows it"


@pytest.mark.parametrize(
    "fault",
    [
        ConnectTimeoutError(endpoint_url="http://127.0.0.1:4566"),
        ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"),
    ],
)
def test_a_function_that_cannot_be_reached_is_unavailable(monkeypatch: pytest.MonkeyPatch, fault: Exception):
    with pytest.raises(Unavailable):
        invoked(monkeypatch, FakeLambda(None, fault=fault))


def test_a_nudge_waits_for_nothing_and_says_where_it_cannot_be_given(monkeypatch: pytest.MonkeyPatch):
    cloud, fake = Cloud(CREDENTIALS), FakeLambda(None)
    monkeypatch.setattr(cloud, "client", lambda *_, **__: fake)
    deps = Deps({"LEMM_FUNCTION_X": "x-1"}, cloud=cloud)
    deps.nudge("LEMM_FUNCTION_X", {"a": 1})
    assert fake.asked == [{"FunctionName": "x-1", "InvocationType": "Event", "Payload": b'{"a":1}'}]
    fake.fault = ConnectTimeoutError(endpoint_url="http://127.0.0.1:4566")
    with pytest.raises(Unavailable):
        deps.nudge("LEMM_FUNCTION_X", {"a": 1})


def test_an_answer_that_is_not_json_is_unavailable(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Unavailable):
        invoked(monkeypatch, FakeLambda(b"<html>"))


class FakeSteps:
    """Step Functions that fail in a given way."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        self.asked: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**asked: Any) -> dict[str, str]:
            self.asked.append({"call": name, **asked})
            if self.code:
                raise ClientError({"Error": {"Code": self.code}}, name)
            return {"executionArn": "arn:1"}

        return call


def test_starting_and_answering():
    fake = FakeSteps()
    tasks = StepTasks(fake)
    assert tasks.start("arn:machine", "upl_1", {"a": 1}) == "arn:1"
    assert tasks.succeed("token", {"b": 2}) is True
    assert tasks.fail("token", "E" * 300, "c" * 9000) is True
    assert fake.asked[0] == {
        "call": "start_execution",
        "stateMachineArn": "arn:machine",
        "name": "upl_1",
        "input": '{"a":1}',
    }
    assert (len(fake.asked[2]["error"]), len(fake.asked[2]["cause"])) == (256, 2000)


def test_who_is_late_is_told():
    with pytest.raises(Conflict):
        StepTasks(FakeSteps("ExecutionAlreadyExists")).start("arn", "n", {})
    assert StepTasks(FakeSteps("TaskTimedOut")).succeed("t", {}) is False
    assert StepTasks(FakeSteps("TaskDoesNotExist")).fail("t", "E", "c") is False
    for call in ("start", "succeed", "fail"):
        with pytest.raises(Unavailable):
            getattr(StepTasks(FakeSteps("ThrottlingException")), call)(
                "t", *(["n", {}] if call == "start" else ["E", "c"][: 2 if call == "fail" else 1])
            )


# --- what an import costs ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import vault_edge.app", ("boto3", "numpy", "jwt", "flask", "requests", "argon2", "onnxruntime", "pynamodb")),
        (
            "from vault_edge.app import App\napp = App('a')\n@app.step\ndef run(): ...\napp.lambda_entry()",
            ("aws_lambda_powertools.event_handler.api_gateway", "boto3", "numpy", "jwt", "flask"),
        ),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str, absent: tuple[str, ...]):
    check = f"{code}\nimport sys\nprint([name for name in {absent!r} if name in sys.modules])"
    environ = {**os.environ, "PYTHONPATH": ""}
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, env=environ, check=True)
    assert found.stdout.strip() == "[]"

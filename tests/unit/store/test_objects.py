"""S3 at its worst: lost answers, torn bodies, conflicts, denial."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, NoCredentialsError, ReadTimeoutError
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from vault_domain.errors import BadRequest, LostRace, NotFound, TooLarge, Unavailable, VaultError
from vault_store.object_faults import judge
from vault_store.objects import S3Objects, s3_client
from vault_store.patience import Patience, Transient

OCTETS = "application/octet-stream"
TIMEOUT = ReadTimeoutError(endpoint_url="https://s3")


def refusal(code: str, status: int = 400, operation: str = "GetObject", message: str = "hush") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


class Flaky:
    """A client that fails as scripted, before a call arrives or after it was carried out."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.before: dict[str, list[Exception]] = {}
        self.after: dict[str, list[Exception]] = {}
        self.torn = 0

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            if self.before.get(name):
                raise self.before[name].pop(0)
            answer = getattr(self._client, name)(*given, **named)
            if self.after.get(name):
                raise self.after[name].pop(0)
            if name == "get_object" and self.torn:
                self.torn -= 1
                answer["Body"] = Torn()
            return answer

        return call


class Torn(io.BytesIO):
    """A body that breaks off."""

    def read(self, *given: Any) -> bytes:
        raise IncompleteReadError(actual_bytes=1, expected_bytes=5)

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        yield b"1"
        raise IncompleteReadError(actual_bytes=1, expected_bytes=5)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            yield s3_client("us-east-1")


@pytest.fixture
def flaky(client: Any) -> Iterator[Flaky]:
    """The one client, with an empty script and an empty bucket."""
    client.create_bucket(Bucket="bucket")
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    yield Flaky(client)
    get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].reset()


@pytest.fixture
def objects(flaky: Flaky) -> S3Objects:
    return S3Objects("bucket", flaky, patience=Patience(attempts=4, sleep=lambda seconds: None))  # type: ignore[arg-type]


@pytest.mark.parametrize("over", ["nothing", "something"])
@pytest.mark.parametrize("lost", [TIMEOUT, refusal("InternalError", 500, "PutObject")])
def test_a_pointer_whose_move_was_not_answered_has_moved_once(objects, flaky, over, lost):
    expects = "absent" if over == "nothing" else objects.write("p", b"0", content_type=OCTETS).etag
    flaky.after = {"put_object": [lost]}
    info = objects.write_if("p", b"1", content_type=OCTETS, expects=expects)
    assert objects.read_with_etag("p", limit=9) == (b"1", info.etag)
    assert info.metadata == {}


def test_a_rival_with_the_same_bytes_is_not_taken_for_us(objects, flaky):
    rival = S3Objects("bucket", flaky._client)
    rival.write_if("p", b"1", content_type=OCTETS, expects="absent")
    flaky.before = {"put_object": [TIMEOUT]}
    with pytest.raises(LostRace):
        objects.write_if("p", b"1", content_type=OCTETS, expects="absent")


def test_a_conflict_of_conditional_writes_is_tried_again(objects, flaky):
    flaky.before = {"put_object": [refusal("ConditionalRequestConflict", 409)] * 3}
    objects.write_if("p", b"1", content_type=OCTETS, expects="absent")
    flaky.before = {"put_object": [refusal("ConditionalRequestConflict", 409)] * 4}
    with pytest.raises(Unavailable):
        objects.write_if("q", b"1", content_type=OCTETS, expects="absent")


def test_a_torn_body_is_read_again(objects, flaky):
    objects.write("o", b"12345", content_type=OCTETS)
    flaky.torn = 3
    assert objects.read("o", limit=10) == b"12345"
    flaky.torn = 4
    with pytest.raises(Unavailable):
        objects.read("o", limit=10)


def test_a_torn_stream_says_so(objects, flaky):
    objects.write("o", b"12345", content_type=OCTETS)
    flaky.torn = 1
    pieces = objects.stream("o")
    assert next(pieces) == b"1"
    with pytest.raises(Unavailable, match="half-way"):
        next(pieces)


@pytest.mark.parametrize("ask", [
    lambda o: o.head("k"), lambda o: o.read("k", limit=1), lambda o: o.first_version("k"), lambda o: list(o.list("k")),
    lambda o: o.write("k", b"", content_type=OCTETS), lambda o: o.delete("k"),
    lambda o: o.delete("k", all_versions=True), lambda o: o.copy_from("bucket", "k", "c"),
    lambda o: o.write_if("k", b"", content_type=OCTETS, expects="absent"),
])  # fmt: skip
@pytest.mark.parametrize("code", ["AccessDenied", "403", "NoSuchBucket"])
def test_denied_is_never_the_same_as_absent(objects, flaky, ask, code):
    calls = ("head_object", "get_object", "list_object_versions", "list_objects_v2", "put_object", "delete_object")
    flaky.before = {call: [refusal(code, 403)] for call in (*calls, "copy_object")}
    with pytest.raises(Unavailable, match="refused") as caught:
        ask(objects)
    assert "hush" not in str(caught.value)


def test_many_versions_on_many_pages(objects, flaky):
    """The oldest version is on the last page of the list."""
    first = objects.write("k", b"first", content_type=OCTETS)
    for number in range(7):
        objects.write("k", str(number).encode(), content_type=OCTETS)
        objects.write("k2", str(number).encode(), content_type=OCTETS)
    whole = flaky._client.list_object_versions

    class Short:
        def __getattr__(self, name: str) -> Any:
            return getattr(flaky._client, name)

        def list_object_versions(self, **named: Any) -> Any:
            return whole(**named, MaxKeys=3)

    short = S3Objects("bucket", Short())  # type: ignore[arg-type]
    assert short.first_version("k").version_id == first.version_id
    short.delete("k", all_versions=True)
    assert short.first_version("k") is None
    assert objects.read("k2", limit=9) == b"6"


def test_a_named_key_is_asked_for(flaky):
    sealed = S3Objects("bucket", flaky, kms_key="alias/vault")  # type: ignore[arg-type]
    sealed.write("k", b"x", content_type=OCTETS)
    found = flaky._client.head_object(Bucket="bucket", Key="k")
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", "alias/vault")


@pytest.mark.parametrize(("error", "means"), [
    (refusal("NoSuchKey", 404), NotFound), (refusal("404", 404, "HeadObject"), NotFound),
    (refusal("400", 400, "HeadObject"), NotFound), (refusal("400", 400, "PutObject"), VaultError),
    (refusal("InvalidArgument", 400, message="Invalid version id specified"), NotFound),
    (refusal("InvalidArgument", 400), VaultError), (refusal("405", 405, "HeadObject"), NotFound),
    (refusal("PreconditionFailed", 412), LostRace), (refusal("412", 412), LostRace),
    (refusal("SlowDown", 503), Transient), (refusal("Weird", 500), Transient), (TIMEOUT, Transient),
    (refusal("EntityTooLarge"), TooLarge), (NoCredentialsError(), Unavailable), (refusal("", 0), VaultError),
])  # fmt: skip
def test_what_each_failure_means(error, means):
    found = judge(error, "bucket")
    assert type(found) is means
    assert "hush" not in str(found)


def test_a_client_addresses_an_emulator_by_path():
    assert s3_client("us-east-1", "http://127.0.0.1:1").meta.config.s3 == {"addressing_style": "path"}
    assert s3_client("us-east-1").meta.config.signature_version == "s3v4"


def test_a_form_for_a_key_that_s3_would_expand_is_refused(objects):
    with pytest.raises(BadRequest):
        objects.presign_post("a/${filename}", seconds=1, min_bytes=1, max_bytes=2, content_type=OCTETS)

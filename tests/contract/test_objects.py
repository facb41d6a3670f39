"""The laws of ``Objects``, held by every store alike."""

import base64
import time
import urllib.error
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from contract.worlds import ObjectWorld
from vault_domain.errors import BadRequest, Expired, LostRace, NotFound, TooLarge
from vault_domain.ports import Objects, PostForm

OCTETS = "application/octet-stream"


@pytest.fixture
def objects(object_world: ObjectWorld) -> Objects:
    return object_world.objects


@pytest.fixture
def key() -> str:
    """A key that no other test uses: buckets are shared."""
    return f"tests/{uuid.uuid4().hex}/source"


def put(objects: Objects, key: str, data: bytes) -> str:
    return objects.write(key, data, content_type=OCTETS).etag


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 4096])
def test_what_was_written_is_what_is_read(objects, key, data):
    info = objects.write(key, data, content_type="audio/flac", metadata={"origin": "test"})
    assert objects.read(key, limit=len(data)) == data
    assert b"".join(objects.stream(key)) == data
    assert objects.read_with_etag(key, limit=2**30) == (data, info.etag)
    head = objects.head(key)
    assert (head.key, head.size, head.etag, head.metadata) == (key, len(data), info.etag, {"origin": "test"})
    assert head.version_id == info.version_id
    assert '"' not in info.etag
    assert head.modified.tzinfo is not None


def test_what_is_not_there(objects, key):
    assert objects.head(key) is None
    assert objects.first_version(key) is None
    for ask in (
        lambda: objects.read(key, limit=10),
        lambda: objects.read_with_etag(key, limit=10),
        lambda: objects.stream(key),
        lambda: objects.copy_from(objects.bucket, key, f"{key}-copy"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert objects.head(f"{key}-copy") is None
    objects.delete(key)


@pytest.mark.parametrize("version", ["nonsense", "v99999999", "%00", "null"])
def test_a_version_that_is_not_there(objects, key, version):
    put(objects, key, b"present")
    with pytest.raises(NotFound):
        objects.read(key, version, limit=100)
    assert objects.head(key, version) is None


def test_an_object_over_the_limit_is_not_read(objects, key):
    put(objects, key, b"12345")
    assert objects.read(key, limit=5) == b"12345"
    with pytest.raises(TooLarge):
        objects.read(key, limit=4)
    with pytest.raises(TooLarge):
        objects.read_with_etag(key, limit=4)


def test_the_first_version_stays_the_first(objects, key):
    assert objects.first_version(key) is None
    put(objects, key, b"first")
    for number in range(3):
        put(objects, key, f"later {number}".encode())
    put(objects, f"{key}-longer", b"another key with this prefix")
    first = objects.first_version(key)
    assert (first.key, first.size, first.etag) == (key, 5, objects.head(key, first.version_id).etag)
    assert objects.read(key, first.version_id, limit=100) == b"first"
    assert b"".join(objects.stream(key, first.version_id)) == b"first"
    assert objects.read(key, limit=100) == b"later 2"
    objects.delete(key)
    assert objects.head(key) is None
    assert objects.first_version(key).version_id == first.version_id
    put(objects, key, b"after the deletion")
    assert objects.first_version(key).version_id == first.version_id


def test_deleting_every_version_leaves_nothing(objects, key):
    for data in (b"one", b"two"):
        put(objects, key, data)
    objects.delete(key)
    put(objects, f"{key}-longer", b"stays")
    objects.delete(key, all_versions=True)
    assert objects.head(key) is None
    assert objects.first_version(key) is None
    assert objects.read(f"{key}-longer", limit=100) == b"stays"


def test_write_if_moves_only_from_what_was_seen(objects, key):
    first = objects.write_if(key, b"1", content_type=OCTETS, expects="absent").etag
    with pytest.raises(LostRace):
        objects.write_if(key, b"2", content_type=OCTETS, expects="absent")
    second = objects.write_if(key, b"2", content_type=OCTETS, expects=first).etag
    with pytest.raises(LostRace):
        objects.write_if(key, b"3", content_type=OCTETS, expects=first)
    assert objects.read_with_etag(key, limit=10) == (b"2", second)
    assert objects.head(key).metadata == {}
    objects.delete(key)
    with pytest.raises(LostRace):
        objects.write_if(key, b"3", content_type=OCTETS, expects=second)
    assert objects.head(key) is None
    objects.write_if(key, b"4", content_type=OCTETS, expects="absent")


def test_write_if_on_nothing_expecting_something(objects, key):
    with pytest.raises(LostRace):
        objects.write_if(key, b"1", content_type=OCTETS, expects="0" * 32)
    assert objects.head(key) is None


def test_of_racing_conditional_writes_exactly_one_wins(object_world, key):
    if object_world.name == "moto":
        pytest.skip("this store is not meant for threads")
    objects = object_world.objects

    def attempt(who: int, expects: str) -> str | None:
        try:
            return objects.write_if(key, f"by {who} over {expects}".encode(), content_type=OCTETS, expects=expects).etag
        except LostRace:
            return None

    expects = "absent"
    with ThreadPoolExecutor(6) as pool:
        for _ in range(8):
            tags = list(pool.map(attempt, range(6), [expects] * 6))
            (expects,) = [tag for tag in tags if tag is not None]
            assert objects.head(key).etag == expects


def test_a_copy_is_the_source_as_it_was(object_world, key):
    objects, other = object_world.objects, object_world.other
    objects.write(key, b"first", content_type=OCTETS, metadata={"origin": "test"})
    first = objects.first_version(key)
    put(objects, key, b"second")
    info = other.copy_from(objects.bucket, key, "copies/" + key, first.version_id)
    assert (info.size, other.read("copies/" + key, limit=100)) == (5, b"first")
    assert other.head("copies/" + key).metadata == {"origin": "test"}
    other.copy_from(objects.bucket, key, "copies/" + key)
    assert other.read("copies/" + key, limit=100) == b"second"


def test_a_listing_is_complete_and_in_order(objects, key):
    wanted = [f"{key}/{number:03d}" for number in range(25)]
    for name in reversed(wanted):
        put(objects, name, name.encode())
    put(objects, key, b"not under the prefix")
    objects.delete(wanted[7])
    found = list(objects.list(f"{key}/"))
    assert [info.key for info in found] == [name for name in wanted if name != wanted[7]]
    assert all(info.size == len(info.key) and info.etag and info.modified for info in found)


@pytest.mark.parametrize("bad", ["", "/x", "a//b", "a/../b", "a/", "${filename}", "a b", "ä", "x" * 1025, "a\nb"])
def test_keys_that_we_would_not_make_are_refused(objects, bad):
    for write in (
        lambda: objects.write(bad, b"", content_type=OCTETS),
        lambda: objects.write_if(bad, b"", content_type=OCTETS, expects="absent"),
        lambda: objects.copy_from(objects.bucket, "x", bad),
        lambda: objects.presign_post(bad, seconds=60, min_bytes=1, max_bytes=2, content_type=OCTETS),
    ):
        with pytest.raises(BadRequest):
            write()


# --- the browser's side -------------------------------------------------------


@pytest.fixture
def browser(object_world: ObjectWorld) -> ObjectWorld:
    if object_world.submit is None:
        pytest.skip("this store enforces no forms")
    return object_world


def refused(world: ObjectWorld, *given, **wrong) -> bool:
    try:
        return world.submit(*given, **wrong) in (400, 403)
    except (BadRequest, TooLarge, Expired):
        return True


def test_a_form_takes_what_it_was_made_for(browser, key):
    form = browser.objects.presign_post(key, seconds=60, min_bytes=3, max_bytes=5, content_type="audio/flac")
    for data in (b"123", b"12345"):
        assert browser.submit(form, data) in (200, 201, 204)
        assert browser.objects.read(key, limit=10) == data
    assert browser.objects.read(key, browser.objects.first_version(key).version_id, limit=10) == b"123"


@pytest.mark.parametrize(("data", "wrong"), [
    (b"12", {}), (b"123456", {}), (b"", {}), (b"1234", {"content_type": "text/html"}),
    (b"1234", {"key": "tests/elsewhere"}), (b"1234", {"content_type": "audio/flac "}),
])  # fmt: skip
def test_a_form_refuses_everything_else(browser, key, data, wrong):
    form = browser.objects.presign_post(key, seconds=60, min_bytes=3, max_bytes=5, content_type="audio/flac")
    assert refused(browser, form, data, **wrong)
    assert browser.objects.head(key) is None
    assert browser.objects.head("tests/elsewhere") is None


def test_a_form_ends_in_time(browser, key):
    form = browser.objects.presign_post(key, seconds=1, min_bytes=1, max_bytes=5, content_type="audio/flac")
    pass_time(browser, 2.2)
    assert refused(browser, form, b"123")
    assert browser.objects.head(key) is None


def test_a_presigned_address_reads_one_object(browser, key):
    put(browser.objects, key, b"first")
    first = browser.objects.first_version(key)
    put(browser.objects, key, b"second")
    assert browser.fetch(browser.objects.presign_get(key, seconds=60)) == b"second"
    assert browser.fetch(browser.objects.presign_get(key, seconds=60, version_id=first.version_id)) == b"first"
    with pytest.raises((NotFound, urllib.error.HTTPError)):
        browser.fetch(browser.objects.presign_get(f"{key}-not-there", seconds=60))


REFUSALS = (BadRequest, Expired, NotFound, urllib.error.HTTPError)


def test_a_presigned_address_ends_in_time(browser, key):
    put(browser.objects, key, b"x")
    url = browser.objects.presign_get(key, seconds=1)
    pass_time(browser, 2.2)
    with pytest.raises(REFUSALS):
        browser.fetch(url)


def test_a_changed_address_opens_nothing(browser, key):
    put(browser.objects, key, b"x")
    put(browser.objects, f"{key}-secret", b"secret")
    first = browser.objects.first_version(key).version_id
    put(browser.objects, key, b"y")
    url = browser.objects.presign_get(key, seconds=30, version_id=first)
    assert browser.fetch(url) == b"x"
    for changed in (
        url.replace(key, f"{key}-secret"),
        url.replace(first, browser.objects.head(key).version_id),
        url.replace("=30", "=3000") if "=30" in url else url.replace("expires=1", "expires=9"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ):
        assert changed != url
        with pytest.raises(REFUSALS):
            browser.fetch(changed)


def test_a_changed_form_is_refused(browser, key):
    form = browser.objects.presign_post(key, seconds=60, min_bytes=1, max_bytes=5, content_type="audio/flac")
    policy = base64.b64decode(form.fields["policy"]).decode()
    wider = base64.b64encode(policy.replace("5", "9").encode()).decode()
    if browser.name == "emulator":
        pytest.skip("without authentication the emulator checks a form's terms and not its signature")
    assert refused(browser, PostForm(form.url, {**form.fields, "policy": wider}), b"123")
    assert browser.objects.head(key) is None


def test_an_address_carries_its_expiry_and_signature(object_world, key):
    url = object_world.objects.presign_get(key, seconds=45)
    if object_world.name == "memory":
        assert "expires=" in url
    else:
        assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
        assert "X-Amz-Expires=45" in url


def pass_time(world: ObjectWorld, seconds: float) -> None:
    if world.name == "memory":
        world.objects._world.clock.advance(seconds=seconds)
    else:
        time.sleep(seconds)

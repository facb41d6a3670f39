"""What only the twins offer: forgetting, dumps, and the browser's side of a bucket."""

from datetime import UTC, datetime

import pytest
from vault_domain.errors import BadRequest, Expired
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import PostForm, Put
from vault_store.clock import FixedClock, SystemClock
from vault_store.ids import RandomIds, SeededIds
from vault_store.memory import MemoryBuckets, MemoryRecords

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Fleeting(AuditEvent):
    def expires_at(self) -> datetime | None:
        return self.at


def fleeting(seconds: int) -> AuditEvent:
    moment = datetime(2026, 1, 1, 0, 0, seconds, tzinfo=UTC)
    event = make_event(SeededIds(seconds)("evt"), Kind.TRACK_CHANGED, "t", Actor(id="a", role="system"), moment)
    return Fleeting.model_validate(event.model_dump())


def test_a_record_is_forgotten_when_its_time_is_over_and_only_on_request():
    records = MemoryRecords()
    records.commit([Put(fleeting(second), 0) for second in (10, 20, 30)])
    assert len(records.everything(AuditEvent)) == 3
    assert records.forget(datetime(2026, 1, 1, 0, 0, 20, tzinfo=UTC)) == 2
    assert [event.at.second for event in records.everything(AuditEvent)] == [30]


def test_equal_stores_have_equal_dumps():
    one, two = MemoryRecords(), MemoryRecords()
    one.commit([Put(fleeting(1), 0), Put(fleeting(2), 0)])
    two.commit([Put(fleeting(2), 0)])
    assert one.dump() != two.dump()
    two.commit([Put(fleeting(1), 0)])
    assert one.dump() == two.dump()
    two.get(AuditEvent, "nobody")
    assert one.dump() == two.dump()


def test_addresses_and_forms_end_in_time():
    clock = FixedClock()
    world = MemoryBuckets(clock=clock)
    bucket = world.open("vault")
    bucket.write("audio/a.flac", b"x", content_type="audio/flac")
    url = bucket.presign_get("audio/a.flac", seconds=60)
    form = bucket.presign_post("k", seconds=60, min_bytes=1, max_bytes=2, content_type="a/b")
    clock.advance(seconds=60)
    assert world.fetch(url) == b"x"
    world.submit(form, b"1")
    clock.advance(seconds=1)
    with pytest.raises(Expired):
        world.fetch(url)
    with pytest.raises(Expired):
        world.submit(form, b"1")


@pytest.mark.parametrize("fields", [{}, {"policy": "x", "signature": "y"}, {"policy": "e30=", "signature": ""}])
def test_a_form_that_we_did_not_make_is_refused(fields):
    with pytest.raises(BadRequest):
        MemoryBuckets().submit(PostForm("memory://b/", fields), b"x")


def test_a_bucket_is_one_however_often_it_is_opened():
    world = MemoryBuckets()
    world.open("b").write("k", b"x", content_type="a/b")
    assert world.open("b").read("k", limit=1) == b"x"


def test_clocks():
    clock = FixedClock(AT)
    assert clock() == clock() == AT
    assert clock.advance(hours=2, seconds=1) == clock() == datetime(2026, 1, 1, 2, 0, 1, tzinfo=UTC)
    assert SystemClock()().tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_ids():
    assert [SeededIds(1)("trk") for _ in range(2)] == [SeededIds(1)("trk")] * 2
    ids = SeededIds(1)
    assert len({ids("trk") for _ in range(1000)} | {SeededIds(2)("trk")}) == 1001
    assert len({RandomIds()("evt") for _ in range(1000)}) == 1000
    with pytest.raises(ValueError, match="prefix"):
        RandomIds()("nope")

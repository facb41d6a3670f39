"""One document, one byte string; ids that say what they are; events whose bytes are pinned."""

import json
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from records import NOW, a_rights, a_track, an_id, an_upload
from vault_domain.canonical import canonical, digest, fixed, sha256_hex
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ids import PREFIXES, AccountId, EventId, RightsId, SubmissionId, TrackId, UploadId, make_id
from vault_domain.records import stamp

FORMATS = Path(__file__).resolve().parents[3] / "docs" / "formats"
numbers = st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6, allow_nan=False)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé😀", max_size=3), inner, max_size=4),
)


@given(documents)
def test_reading_and_writing_again_gives_the_same_bytes(document):
    data = canonical(document)
    assert canonical(json.loads(data)) == data


@given(st.dictionaries(st.text("abc", max_size=3), scalars, max_size=6))
def test_order_of_keys_does_not_matter(document):
    assert digest(document) == digest(dict(reversed(list(document.items()))))


@given(st.floats(-9e8, 9e8, allow_nan=False))
def test_numbers_have_six_decimals_and_no_exponent(value):
    text = canonical(value).decode()
    assert "e" not in text
    assert text != "-0"
    assert abs(float(text) - value) <= max(1e-6, 5e-5 if abs(value) < 1e-3 else 0)
    assert fixed(fixed(value)) == fixed(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e9, 1e300])
def test_numbers_that_two_languages_write_differently_are_refused(value):
    with pytest.raises(ValueError, match=r"canonical range|too large|NaN|infinity"):
        canonical({"a": [value]})


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(UnicodeEncodeError):
        canonical("\ud800")


@pytest.mark.parametrize(
    ("document", "data"),
    [
        ({"b": 1.0, "a": [True, None, "é\n"]}, '{"a":[true,null,"é\\n"],"b":1}'),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (12345.6789012, "12345.678901"),
        ((1, 2), "[1,2]"),
        ({"€": 1, "z": 2, "😀": 3}, '{"z":2,"€":1,"😀":3}'),
    ],
)
def test_bytes_are_these(document, data):
    assert canonical(document) == data.encode()


# --- ids ---------------------------------------------------------------------

TYPES = {"acc": AccountId, "svc": AccountId, "upl": UploadId, "trk": TrackId, "rgt": RightsId, "sub": SubmissionId,
         "evt": EventId}  # fmt: skip


@given(st.sampled_from(sorted(TYPES)), st.binary(min_size=16, max_size=16))
def test_an_id_fits_its_own_type_and_no_other(prefix, entropy):
    made = make_id(prefix, entropy)
    for other, kind in TYPES.items():
        if kind is TYPES[prefix]:
            assert TypeAdapter(kind).validate_python(made) == made
        else:
            with pytest.raises(ValidationError):
                TypeAdapter(kind).validate_python(made)
            assert other != prefix


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_different_entropy_different_id(one, other):
    assert (make_id("trk", one) == make_id("trk", other)) is (one == other)


@pytest.mark.parametrize("entropy", [b"", bytes(15), bytes(17)])
def test_too_little_or_too_much_entropy(entropy):
    with pytest.raises(ValueError, match="16 bytes"):
        make_id("trk", entropy)


def test_unknown_prefixes():
    with pytest.raises(ValueError, match="prefix"):
        make_id("xyz", bytes(16))
    assert all(re.fullmatch("[a-z]{3}", prefix) for prefix in PREFIXES)


@pytest.mark.parametrize(
    "text", ["trk_" + "0" * 25, "trk_" + "0" * 27, "trk_" + "u" * 26, "trk_" + "0" * 26 + "\n", ""]
)
def test_near_misses_of_an_id(text):
    with pytest.raises(ValidationError):
        TypeAdapter(TrackId).validate_python(text)


# --- events and records ------------------------------------------------------


def an_event(**changes) -> AuditEvent:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return make_event(
        an_id("evt", 1), Kind.SUBMISSION_DECISION, an_id("trk"), Actor(id="fn:decide", role="system"), moment,
        {"policy": "1"}, **{"outcome": "accept", **changes},
    )  # fmt: skip


def test_the_leaf_is_the_documented_one():
    text = (FORMATS / "audit-event.md").read_text()
    leaf = an_event().leaf()
    assert f"\n{leaf.decode()}\n" in text
    assert f"`{sha256_hex(leaf)}`" in text


def test_every_kind_is_documented():
    text = (FORMATS / "audit-event.md").read_text()
    assert [kind.value for kind in Kind if f"`{kind.value}`" not in text] == []


def test_bookkeeping_is_not_in_the_leaf():
    event = an_event()
    assert event.with_changes(version=3, sequence=12).leaf() == event.leaf()
    assert an_event(outcome="review").leaf() != event.leaf()


def test_a_sequenced_event_leaves_the_list_of_those_that_wait():
    event = an_event()
    assert "unsequenced" in event.indexes()
    assert "unsequenced" not in event.with_changes(sequence=0).indexes()


moments = st.datetimes(min_value=datetime(1860, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments)
def test_stamps_sort_like_times(one, other):
    assert (stamp(one) < stamp(other)) is (one < other)


def test_times_are_utc_and_need_a_zone():
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    assert an_upload(created=east).created == NOW
    assert str(an_upload(created=east).created.tzinfo) == "UTC"
    with pytest.raises(ValidationError):
        an_upload(created=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("record", [an_upload(), a_track(), a_rights(), an_event()])
def test_records_are_frozen_and_their_range_key_begins_with_their_kind(record):
    assert record.key()[1].startswith(record.kind)
    assert set(record.indexes()) <= record.index_names
    with pytest.raises(ValidationError):
        record.version = 2
    with pytest.raises(ValidationError):
        record.with_changes(surprise=1)

"""The plan of a commit: what is refused before anything is written."""

from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, JsonValue
from vault_domain.errors import BadRequest, Corrupt
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ports import Delete, Put, Require
from vault_domain.records import Record
from vault_store.dynamo_wire import from_attributes, to_attributes, to_key
from vault_store.ids import SeededIds
from vault_store.items import Item, decode, make_plan

AT = datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)


class Thing(Record):
    table: ClassVar[str] = "things"
    kind: ClassVar[str] = "thing"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_colour"})

    name: str
    colour: str = "red"
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    ends: datetime | None = None

    def key(self) -> tuple[str, str]:
        return self.name, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_colour": (self.colour, self.name)}

    def expires_at(self) -> datetime | None:
        return self.ends


class Misfiled(Thing):
    def key(self) -> tuple[str, str]:
        return self.name, "another"


class Unindexed(Thing):
    index_names: ClassVar[frozenset[str]] = frozenset()


def event(number: int = 0):
    return make_event(SeededIds(number)("evt"), Kind.TRACK_CHANGED, "trk_1", Actor(id="a", role="system"), AT)


def item_of(record: Record, expects: int = 0) -> Item:
    return make_plan([Put(record, expects)], []).actions[0].item


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.text(min_size=1, max_size=40).map(str.strip).filter(bool),
    st.dictionaries(st.text(max_size=9), json_values, max_size=4),
)
def test_a_record_survives_storage(name, facts):
    """decode(from_attributes(to_attributes(encode(r)))) == r, with its version counted."""
    record = Thing(name=name, facts=facts)
    item = item_of(record, expects=6)
    wire = to_attributes(item) | to_key(item.pk, item.sk)
    assert from_attributes("things", wire) == item
    assert decode(Thing, item) == record.with_changes(version=7)


def test_the_stored_bytes_are_these():
    item = item_of(Thing(name="a", facts={"n": 1.5}, ends=AT), expects=2)
    assert to_attributes(item) | {"commit": {"S": "token"}} == {
        "kind": {"S": "thing"},
        "version": {"N": "3"},
        "doc": {"S": '{"name":"a","colour":"red","facts":{"n":1.5},"ends":"2026-01-01T00:00:00.500000Z"}'},
        "commit": {"S": "token"},
        "ttl": {"N": "1767225601"},
        "by_colour_h": {"S": "red"},
        "by_colour_r": {"S": "a"},
    }


def test_a_token_follows_from_the_content_only_with_an_event():
    changes = [Put(Thing(name="a"), 0), Delete(Thing(name="b"), 1), Require(Thing(name="c"), 2)]
    assert make_plan(changes, [event()]).token == make_plan(changes, [event()]).token
    assert make_plan(changes, []).token != make_plan(changes, []).token
    others = [
        make_plan(changes[:2], [event()]),
        make_plan(changes, [event(1)]),
        make_plan([*changes[:2], Require(Thing(name="c"), 3)], [event()]),
        make_plan([*changes[:2], Delete(Thing(name="c"), 2)], [event()]),
        make_plan([Put(Thing(name="a", colour="blue"), 0), *changes[1:]], [event()]),
    ]
    assert make_plan(changes, [event()]).token not in {plan.token for plan in others}
    assert len(make_plan(changes, [event()]).token) <= 36


@pytest.mark.parametrize(("record", "what"), [(Misfiled(name="a"), "range key"), (Unindexed(name="a"), "by_colour")])
def test_a_record_that_breaks_its_own_rules_is_refused(record, what):
    with pytest.raises(BadRequest, match=what):
        make_plan([Put(record, 0)], [])


@pytest.mark.parametrize("doc", [
    "", "null", "[]", "{", '{"name":1}', '{"name":"a","secret":"x"}', '{"name":"b"}', "\x00", "[" * 5000,
    '{"name":"a","facts":"hush"}',
])  # fmt: skip
def test_damage_names_the_place_and_never_the_content(doc):
    item = Item(pk="a", sk="thing", kind="thing", version=1, doc=doc, commit="")
    with pytest.raises(Corrupt) as caught:
        decode(Thing, item)
    assert "things" in caught.value.detail
    assert "a / thing" in caught.value.detail
    assert "hush" not in caught.value.detail


@pytest.mark.parametrize("missing", ["pk", "sk", "kind", "version", "doc"])
@pytest.mark.parametrize("wrong", [None, {"N": "x"}, {"BOOL": True}, {}])
def test_an_item_without_the_common_attributes_is_corrupt(missing, wrong):
    item = item_of(Thing(name="a"))
    wire = to_attributes(item) | to_key(item.pk, item.sk)
    wire.pop(missing)
    if wrong is not None:
        wire[missing] = wrong
    with pytest.raises(Corrupt, match="table things"):
        from_attributes("things", wire)


def test_an_index_without_its_other_half_is_corrupt():
    item = item_of(Thing(name="a"))
    wire = to_attributes(item) | to_key(item.pk, item.sk)
    del wire["by_colour_r"]
    with pytest.raises(Corrupt):
        from_attributes("things", wire)

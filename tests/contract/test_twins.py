"""The memory store and DynamoDB's give the same answers to the same random history.

Compared are results, refusals by class, versions, pages and cursors. moto
stands in for DynamoDB, as it is fast enough for thousands of steps.
"""

from collections.abc import Callable
from typing import Any

from contract import worlds
from contract.worlds import Note, Notebook
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from moto import mock_aws
from vault_domain.errors import VaultError
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Delete, Put, Records, Require
from vault_store.clock import FixedClock
from vault_store.dynamo import DynamoRecords
from vault_store.ids import SeededIds
from vault_store.memory import MemoryRecords

owners = st.sampled_from(["ada", "bob", "çø"])
numbers = st.integers(0, 3)
notes = st.builds(
    Note,
    owner=owners,
    number=numbers,
    author=owners,
    state=st.sampled_from([None, "open", "shut"]),
    text=st.text(max_size=3),
)
books = st.builds(Notebook, owner=owners, title=st.text(max_size=3))
changes = st.lists(
    st.tuples(st.sampled_from([Put, Delete, Require]), notes | books, st.integers(0, 2), st.booleans()), max_size=4
)
HISTORIES = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
bounds = st.none() | st.sampled_from(["", "000000", "000001", "000002#bob", "000003", "z"])


class Twins(RuleBasedStateMachine):
    """Both stores, and what has been asked of them so far."""

    dynamo: DynamoRecords  # one for all histories: making its client takes longer than a history

    @initialize()
    def start(self) -> None:
        worlds.empty_moto()
        self.memory = MemoryRecords()
        self.ids, self.past = SeededIds(), []

    def same(self, ask: Callable[[Records], Any]) -> Any:
        """Ask both; fail unless they agree."""
        first, second = _outcome(ask, self.memory), _outcome(ask, self.dynamo)
        assert first == second
        return first

    @rule(wanted=changes, with_event=st.booleans())
    def commit(self, wanted: list[Any], with_event: bool) -> None:
        """Half of the expectations are put right, so that many commits succeed."""
        held = [self.memory.get(type(record), *record.key()) for _, record, _, _ in wanted]
        parts = [
            verb(record, (present.version if present else 0) if right else guess)
            for (verb, record, guess, right), present in zip(wanted, held, strict=True)
        ]
        told = [_event(self.ids("evt"))] if with_event else []
        self.past.append((parts, told))
        self.same(lambda records: records.commit(parts, told))

    @rule(which=st.integers(0, 30))
    def repeat(self, which: int) -> None:
        """The very same commit once more, however long ago."""
        if self.past:
            parts, told = self.past[which % len(self.past)]
            self.same(lambda records: records.commit(parts, told))

    @rule(owner=owners, number=numbers)
    def get(self, owner: str, number: int) -> None:
        self.same(lambda records: records.get(Note, owner, f"note#{number:06d}"))
        self.same(lambda records: records.get(Notebook, owner))

    @rule(owner=owners, limit=st.integers(0, 3))
    def walk_list(self, owner: str, limit: int) -> None:
        self.walk(lambda records, cursor: records.list(Note, owner, limit=limit, cursor=cursor))

    @rule(author=owners, since=bounds, until=bounds, newest=st.booleans(), limit=st.integers(1, 3))
    def walk_index(self, author: str, since: str | None, until: str | None, newest: bool, limit: int) -> None:
        self.walk(lambda records, cursor: records.find(
            Note, "by_author", author, since=since, until=until, newest_first=newest, limit=limit, cursor=cursor,
        ))  # fmt: skip

    @rule(state=st.sampled_from(["open", "shut"]))
    def find_state(self, state: str) -> None:
        """Equal index keys have no order of their own, so only the set is compared."""
        found = [records.find(Note, "by_state", state).items for records in (self.memory, self.dynamo)]
        assert sorted(map(repr, found[0])) == sorted(map(repr, found[1]))

    def walk(self, ask: Callable[[Records, str | None], Any]) -> None:
        cursor = None
        for _ in range(20):
            outcome = self.same(lambda records, at=cursor: ask(records, at))
            cursor = getattr(outcome, "cursor", None)
            if cursor is None:
                return
        raise AssertionError("the cursor never ends")


def _outcome(ask: Callable[[Records], Any], records: Records) -> Any:
    try:
        return ask(records)
    except VaultError as error:
        return type(error)


def _event(event_id: str) -> AuditEvent:
    return make_event(event_id, Kind.TRACK_CHANGED, "trk_x", Actor(id="step", role="system"), FixedClock()())


def test_the_twins_agree(credentials):
    with mock_aws():
        Twins.dynamo = worlds.dynamo_records(None)
        run_state_machine_as_test(Twins, settings=HISTORIES)

"""DynamoDB at its worst: lost answers, throttling, conflicts, damage, denial."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from pynamodb.connection import Connection
from pynamodb.exceptions import CancellationReason, GetError, QueryError, TransactWriteError, VerboseClientError
from vault_domain.errors import Corrupt, LostRace, Unavailable, VaultError
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Delete, Put
from vault_store.clock import FixedClock
from vault_store.dynamo import DynamoRecords
from vault_store.dynamo_wire import schema
from vault_store.ids import SeededIds
from vault_store.patience import Patience

REGION = "eu-central-1"
TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb")


def answer(code: str, status: int = 400, reasons: tuple[str, ...] = ()) -> VerboseClientError:
    """A refusal as pynamodb hands it on: its cause keeps the HTTP status."""
    response: Any = {"Error": {"Code": code, "Message": "hush"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    found = [CancellationReason(code=reason) if reason != "None" else None for reason in reasons]
    error = VerboseClientError({"Error": response["Error"]}, "TransactWriteItems", cancellation_reasons=found)
    error.__cause__ = ClientError(response, "TransactWriteItems")
    return error


class Flaky(Connection):
    """Fails as scripted: before a write is applied, or after it, when the answer gets lost."""

    def __init__(self) -> None:
        super().__init__(region=REGION, max_retry_attempts=0)
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.tokens: list[str] = []
        self.most = 100

    def transact_write_items(self, *args: Any, **kwargs: Any) -> Any:
        self.tokens.append(kwargs["client_request_token"])
        if self.before:
            raise TransactWriteError("failed", self.before.pop(0))
        done = super().transact_write_items(*args, **kwargs)
        if self.after:
            raise TransactWriteError("failed", self.after.pop(0))
        return done

    def get_item(self, *args: Any, **kwargs: Any) -> Any:
        if self.before:
            raise GetError("failed", self.before.pop(0))
        return super().get_item(*args, **kwargs)

    def dispatch(self, operation_name: str, operation_kwargs: dict) -> Any:
        """A batch: refused, or answered for its first keys only, as a store may that has enough for now."""
        if operation_name != "BatchGetItem":
            return super().dispatch(operation_name, operation_kwargs)
        if self.before:
            raise self.before.pop(0)
        ((name, asked),) = operation_kwargs["RequestItems"].items()
        some = {name: {**asked, "Keys": asked["Keys"][: self.most]}}
        found = super().dispatch(operation_name, {"RequestItems": some})
        left = asked["Keys"][self.most :]
        return {**found, "UnprocessedKeys": {name: {**asked, "Keys": left}} if left else {}}

    def query(self, *args: Any, **kwargs: Any) -> Any:
        if self.before:
            raise QueryError("failed", self.before.pop(0))
        return super().query(*args, **kwargs)


@pytest.fixture(scope="module")
def table() -> Iterator[Flaky]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            client = boto3.client("dynamodb", region_name=REGION)
            client.create_table(**schema("events", sorted(AuditEvent.index_names)), BillingMode="PAY_PER_REQUEST")
            yield Flaky()


@pytest.fixture
def flaky(table: Flaky) -> Iterator[Flaky]:
    """The one connection, with an empty script and an empty table."""
    table.before, table.after, table.tokens, table.most = [], [], [], 100
    yield table
    get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables["events"].items.clear()


@pytest.fixture
def records(flaky: Flaky) -> DynamoRecords:
    return DynamoRecords({"events": "events"}, connection=flaky, patience=Patience(sleep=lambda seconds: None))


CLOCK, IDS = FixedClock(), SeededIds()


def event() -> AuditEvent:
    return make_event(IDS("evt"), Kind.POLICY_CHANGE, "policy", Actor(id="a", role="admin"), CLOCK())


def thing(**changes: Any) -> AuditEvent:
    """Any record will do; an audit event is one that needs no other table."""
    return event().with_changes(**changes)


LOST_ANSWERS = [
    TIMEOUT,
    ConnectionClosedError(endpoint_url="https://dynamodb"),
    answer("InternalServerError", 500),
    answer("Unknown", 503),
]


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("with_event", [False, True])
def test_a_write_whose_answer_got_lost_counts_once(records, flaky, lost, with_event):
    """moto knows no request tokens, so only the token on the item can tell."""
    record, told = thing(), [event()] if with_event else []
    flaky.after = [lost]
    records.commit([Put(record, 0)], told)
    assert records.get(AuditEvent, record.event_id).version == 1
    assert len(flaky.tokens) == 2
    assert len(set(flaky.tokens)) == 1


def test_a_lost_answer_and_a_later_change_by_somebody_else(records, flaky):
    """The first item was overwritten in between; its neighbour still proves that our commit happened."""
    first, second = thing(), thing()
    rival = DynamoRecords({"events": "events"}, region=REGION)

    def meddle(seconds: float) -> None:
        rival.commit([Put(first.with_changes(sequence=7), 1)])

    ours = DynamoRecords({"events": "events"}, connection=flaky, patience=Patience(sleep=meddle))
    flaky.after = [TIMEOUT]
    ours.commit([Put(first, 0), Put(second, 0)])
    assert records.get(AuditEvent, first.event_id).sequence == 7


def test_a_rival_with_the_same_document_is_not_taken_for_us(records, flaky):
    """Our attempt never arrived and a rival wrote the very same bytes: that is a lost race."""
    record = thing()
    rival = DynamoRecords({"events": "events"}, region=REGION)
    ours = DynamoRecords(
        {"events": "events"}, connection=flaky, patience=Patience(sleep=lambda seconds: rival.commit([Put(record, 0)]))
    )
    flaky.before = [TIMEOUT]
    with pytest.raises(LostRace):
        ours.commit([Put(record, 0)])


@pytest.mark.parametrize("lost", [True, False])
def test_a_commit_needs_no_right_to_read(records, flaky, monkeypatch, lost):
    """Most roles may put events and not read them: who lost a race is found out without a read."""
    told, record = event(), thing()
    monkeypatch.setattr(flaky, "get_item", lambda *given, **named: pytest.fail("a commit read something"))
    flaky.after = [TIMEOUT] if lost else []
    records.commit([Put(record, 0)], [told])
    with pytest.raises(LostRace):
        records.commit([Put(record, 0)], [event()])
    records.commit([Put(record, 0)], [told])


PASSING = [
    *LOST_ANSWERS,
    EndpointConnectionError(endpoint_url="https://dynamodb"),
    answer("ThrottlingException"),
    answer("ProvisionedThroughputExceededException"),
    answer("TransactionInProgressException"),
]
CANCELLED = [
    answer("TransactionCanceledException", reasons=("None", "TransactionConflict")),
    answer("TransactionCanceledException", reasons=("ThrottlingError", "TransactionConflict")),
]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_out(records, flaky, fault):
    record = thing()
    flaky.before = [fault] * 3
    records.commit([Put(record, 0)])
    flaky.before = [fault] * 3
    assert records.get(AuditEvent, record.event_id).version == 1
    flaky.before = [fault] * 3
    assert len(records.find(AuditEvent, "by_subject", "policy", limit=1).items) == 1


@pytest.mark.parametrize("fault", CANCELLED)
def test_a_conflict_is_waited_out_and_ends(records, flaky, fault):
    record = thing()
    flaky.before = [fault] * 6
    with pytest.raises(Unavailable):
        records.commit([Put(record, 0)])
    assert records.get(AuditEvent, record.event_id) is None
    flaky.before = [fault] * 5
    records.commit([Put(record, 0)])
    assert records.get(AuditEvent, record.event_id).version == 1


@pytest.mark.parametrize("fault", PASSING)
def test_what_does_not_pass_is_unavailable(records, flaky, fault):
    record = thing()
    for ask in (
        lambda: records.commit([Put(record, 0)]),
        lambda: records.get(AuditEvent, record.event_id),
        lambda: records.list(AuditEvent, record.event_id),
        lambda: records.find(AuditEvent, "by_subject", "policy"),
    ):
        flaky.before = [fault] * 50
        with pytest.raises(Unavailable) as caught:
            ask()
        assert "hush" not in str(caught.value)
        assert len(flaky.before) == 44, "six attempts, no more"
    flaky.before = []
    assert records.get(AuditEvent, record.event_id) is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException"])
def test_a_denied_call_is_not_repeated(records, flaky, code):
    flaky.before = [answer(code)] * 2
    with pytest.raises(Unavailable, match=code):
        records.get(AuditEvent, "evt_x")
    assert len(flaky.before) == 1


def test_no_credentials_is_unavailable(records, flaky):
    flaky.before = [NoCredentialsError()]
    with pytest.raises(Unavailable, match="credentials"):
        records.get(AuditEvent, "evt_x")


def test_a_broken_expectation_outweighs_a_conflict(records, flaky):
    flaky.before = [answer("TransactionCanceledException", reasons=("TransactionConflict", "ConditionalCheckFailed"))]
    with pytest.raises(LostRace):
        records.commit([Put(thing(), 0)])
    assert len(flaky.tokens) == 1


@pytest.mark.parametrize("fault", [
    answer("ValidationException"), answer("TransactionCanceledException", reasons=("ValidationError",)),
    answer("TransactionCanceledException", reasons=("ValidationError", "ThrottlingError")), RuntimeError("odd"),
])  # fmt: skip
def test_our_own_mistakes_are_errors_of_ours_and_quiet(records, flaky, fault):
    flaky.before = [fault]
    with pytest.raises(VaultError) as caught:
        records.commit([Put(thing(), 0)])
    assert type(caught.value) is VaultError
    assert "hush" not in str(caught.value)


def test_a_table_that_this_function_was_not_given(flaky):
    with pytest.raises(VaultError, match="no table named events"):
        DynamoRecords({}, connection=flaky).get(AuditEvent, "evt_x")


@pytest.mark.parametrize("change", [{"doc": {"S": "{}"}}, {"doc": {"N": "1"}}, {"version": {"N": "0"}}])
def test_a_damaged_item_is_corrupt_however_it_is_read(records, change):
    record = thing(subject="damaged")
    records.commit([Put(record, 0)])
    client = boto3.client("dynamodb", region_name=REGION)
    found = client.get_item(TableName="events", Key={"pk": {"S": record.event_id}, "sk": {"S": "event"}})["Item"]
    client.put_item(TableName="events", Item=found | change)
    for ask in (
        lambda: records.get(AuditEvent, record.event_id),
        lambda: records.list(AuditEvent, record.event_id),
        lambda: records.find(AuditEvent, "by_subject", "damaged"),
    ):
        with pytest.raises(Corrupt, match=record.event_id):
            ask()


def test_deleting_what_a_lost_answer_already_deleted_is_a_lost_race(records, flaky):
    """Nothing of a deletion is left to prove whose it was: the caller reads again and sees it done."""
    record = thing()
    records.commit([Put(record, 0)])
    flaky.after = [TIMEOUT]
    with pytest.raises(LostRace):
        records.commit([Delete(record, 1)])
    assert records.get(AuditEvent, record.event_id) is None


def test_deleting_with_an_event_survives_a_lost_answer(records, flaky):
    record = thing()
    records.commit([Put(record, 0)])
    flaky.after = [TIMEOUT]
    records.commit([Delete(record, 1)], [event()])
    assert records.get(AuditEvent, record.event_id) is None


# --- many at once ---------------------------------------------------------------


def test_what_a_batch_leaves_over_is_asked_for_again(records, flaky):
    things = [thing() for _ in range(12)]
    records.commit([Put(one, 0) for one in things])
    flaky.most, keys = 3, [one.key() for one in things]
    assert [one.event_id for one in records.get_many(AuditEvent, keys)] == [one.event_id for one in things]
    flaky.most, flaky.before = 100, [TIMEOUT, answer("ThrottlingException")]
    assert len(records.get_many(AuditEvent, keys)) == 12
    flaky.most = 0
    with pytest.raises(Unavailable):
        records.get_many(AuditEvent, keys)


def test_a_batch_that_is_denied_is_unavailable_at_once(records, flaky):
    flaky.before = [answer("AccessDeniedException")] * 2
    with pytest.raises(Unavailable):
        records.get_many(AuditEvent, [thing().key()])
    assert len(flaky.before) == 1

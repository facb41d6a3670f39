"""The recorder over MiniStack's own DynamoDB: every kind of write comes back, and only what was applied."""

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from lemm.stack import tables as recorders
from lemm.stack.journal import Journal, JournalFailed
from lemm.stack.tables import Digest, TableRecorder

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
TYPES = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]


class Database:
    """A fresh DynamoDB module over one journal folder; ``crash`` forgets all that is in memory."""

    def __init__(self, folder: Path, create: bool = True) -> None:
        for name in [name for name in sys.modules if name.startswith("ministack.services.dynamodb")]:
            del sys.modules[name]
        self.module: Any = importlib.import_module("ministack.services.dynamodb")
        self.folder = folder
        self.journal = Journal(folder)
        self.recorder = TableRecorder(self.module, self.journal, self.journal.recover())
        self.recorder.install()
        if create:
            self.create()

    def create(self, name: str = "things") -> None:
        self("CreateTable", TableName=name, KeySchema=KEYS, AttributeDefinitions=TYPES, BillingMode="PAY_PER_REQUEST")

    def __call__(self, action: str, **data: Any) -> tuple[int, dict[str, Any]]:
        headers = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        request = self.module.handle_request("POST", "/", headers, json.dumps(data).encode(), {})
        status, _, body = asyncio.run(request)
        return status, json.loads(body)

    def items(self, name: str = "things") -> dict[str, dict[str, Any]]:
        _, found = self("Scan", TableName=name, ConsistentRead=True)
        return {f"{item['pk']['S']}/{item['sk']['S']}": item for item in found["Items"]}

    def crash(self, create: bool = True) -> "Database":
        self.journal.close()
        return Database(self.folder, create)


@pytest.fixture
def db(tmp_path):
    return Database(tmp_path)


def item(pk: str, sk: str = "s", **more: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, **more}


def key(pk: str, sk: str = "s") -> dict[str, Any]:
    return item(pk, sk)


def test_every_kind_of_write_comes_back(db):
    db("PutItem", TableName="things", Item=item("put", data={"B": "AAEC"}, deep={"M": {"l": {"L": [{"NULL": True}]}}}))
    db("PutItem", TableName="things", Item=item("deleted"))
    db("DeleteItem", TableName="things", Key=key("deleted"))
    for _ in range(3):
        change = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        db("UpdateItem", TableName="things", Key=key("counter"), **change)
    batch = [{"PutRequest": {"Item": item(f"batch{number}")}} for number in range(5)]
    db("BatchWriteItem", RequestItems={"things": batch})
    db("BatchWriteItem", RequestItems={"things": [{"DeleteRequest": {"Key": key("batch0")}}]})
    db("ExecuteStatement", Statement="INSERT INTO things VALUE {'pk': 'sql', 'sk': 's', 'v': 'ü'}")
    db("ExecuteStatement", Statement="UPDATE things SET v = 'x' WHERE pk = 'sql' AND sk = 's'")
    db("BatchExecuteStatement", Statements=[{"Statement": "INSERT INTO things VALUE {'pk': 'sql2', 'sk': 's'}"}])
    db("ExecuteTransaction", TransactStatements=[{"Statement": "INSERT INTO things VALUE {'pk': 'sql3', 'sk': 's'}"}])
    before = db.items()
    assert before["counter/s"]["n"] == {"N": "3"}
    assert {"put/s", "batch4/s", "sql/s", "sql2/s", "sql3/s"} < before.keys()
    assert "deleted/s" not in before
    assert db.crash().items() == before


def test_a_transaction_is_one_entry(db):
    db("PutItem", TableName="things", Item=item("old"))
    before = db.journal.appended
    status, _ = db(
        "TransactWriteItems",
        TransactItems=[
            {"Put": {"TableName": "things", "Item": item("a")}},
            {"Delete": {"TableName": "things", "Key": key("old")}},
            {
                "Update": {
                    "TableName": "things",
                    "Key": key("b"),
                    "UpdateExpression": "SET v = :v",
                    "ExpressionAttributeValues": {":v": {"S": "1"}},
                }
            },
        ],
    )
    assert status == 200
    assert db.journal.appended == before + 1
    assert db.crash().items().keys() == {"a/s", "b/s"}


def test_what_was_refused_is_not_recorded(db):
    db("PutItem", TableName="things", Item=item("a"))
    before, condition = db.journal.appended, {"ConditionExpression": "attribute_not_exists(pk)"}
    assert db("PutItem", TableName="things", Item=item("a", v={"S": "2"}), **condition)[0] == 400
    status, refusal = db(
        "TransactWriteItems",
        TransactItems=[
            {"Put": {"TableName": "things", "Item": item("b")}},
            {"Put": {"TableName": "things", "Item": item("a"), **condition}},
        ],
    )
    assert (status, [reason["Code"] for reason in refusal["CancellationReasons"]]) == (
        400,
        ["None", "ConditionalCheckFailed"],
    )
    assert db.journal.appended == before
    assert db.crash().items().keys() == {"a/s"}


def test_a_statement_transaction_that_rolls_back_leaves_nothing(db):
    db("PutItem", TableName="things", Item=item("a", v={"S": "1"}))
    statements = ["INSERT INTO things VALUE {'pk': 'b', 'sk': 's'}", "INSERT INTO things VALUE {'pk': 'a', 'sk': 's'}"]
    status, _ = db("ExecuteTransaction", TransactStatements=[{"Statement": text} for text in statements])
    assert status == 400
    assert db.items() == {"a/s": item("a", v={"S": "1"})}
    assert db.crash().items() == {"a/s": item("a", v={"S": "1"})}


def test_a_retried_transaction_is_not_applied_again_after_a_crash(db):
    once = {
        "ClientRequestToken": "token-1",
        "TransactItems": [
            {
                "Update": {
                    "TableName": "things",
                    "Key": key("n"),
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
        ],
    }
    assert db("TransactWriteItems", **once)[0] == 200
    again = db.crash()
    assert again("TransactWriteItems", **once)[0] == 200
    assert again.items()["n/s"]["n"] == {"N": "1"}
    other = {**once, "TransactItems": [{"Put": {"TableName": "things", "Item": item("x")}}]}
    assert again("TransactWriteItems", **other)[1]["__type"].endswith("IdempotentParameterMismatchException")


def test_a_table_has_its_items_from_its_first_instant_and_its_indexes_too(db):
    db("PutItem", TableName="things", Item=item("a"))
    later = db.crash(create=False)
    later("CreateTable", TableName="other", KeySchema=KEYS, AttributeDefinitions=TYPES, BillingMode="PAY_PER_REQUEST")
    later("PutItem", TableName="other", Item=item("o"))
    assert db.folder == later.folder
    last = later.crash()
    last.create("other")
    assert last.items().keys() == {"a/s"}
    assert last.items("other").keys() == {"o/s"}
    assert last("DescribeTable", TableName="things")[1]["Table"]["ItemCount"] == 1


def test_a_table_deleted_through_the_api_is_forgotten(db):
    db("PutItem", TableName="things", Item=item("a"))
    db("DeleteTable", TableName="things")
    assert db.crash().items() == {}


def test_a_table_dropped_by_the_template_keeps_its_items_aside(db):
    db("PutItem", TableName="things", Item=item("a"))
    db.module._tables.pop("things")
    db.create()
    assert db.items().keys() == {"a/s"}
    db.module._tables.pop("things")
    assert db.crash().items().keys() == {"a/s"}


def test_an_item_without_the_new_key_stays_aside(db, caplog):
    db("PutItem", TableName="things", Item=item("a"))
    later = db.crash(create=False)
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    types = [{"AttributeName": "id", "AttributeType": "S"}]
    later("CreateTable", TableName="things", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")
    assert later("Scan", TableName="things")[1]["Items"] == []
    assert "stay aside" in caplog.text
    assert later.crash().items().keys() == {"a/s"}


def test_expired_items_are_removed_for_good(db):
    db("PutItem", TableName="things", Item=item("a"))
    table = db.module._tables["things"]
    db.module._remove_item(table, "a", "s")  # as the TTL reaper does, outside a request
    assert db.crash().items() == {}


def test_a_reply_waits_for_what_it_could_have_seen(db, monkeypatch):
    waited: list[int] = []

    async def durable(ticket: int) -> None:
        waited.append(ticket)

    monkeypatch.setattr(db.journal, "durable", durable)
    db("PutItem", TableName="things", Item=item("a"))
    db("GetItem", TableName="things", Key=key("a"))
    assert waited == [db.journal.appended] * 2


def test_when_the_journal_fails_nothing_is_answered(db, monkeypatch):
    async def durable(ticket: int) -> None:
        raise JournalFailed("disk full")

    monkeypatch.setattr(db.journal, "durable", durable)
    status, body = db("GetItem", TableName="things", Key=key("a"))
    assert (status, body["message"]) == (500, "disk full")


def test_compaction_while_writing_loses_nothing(tmp_path):
    db = Database(tmp_path)
    db.recorder._compact_bytes = 2_000
    for number in range(200):
        db("PutItem", TableName="things", Item=item(f"k{number % 50}", v={"N": str(number)}))
    if db.recorder._compacting:
        db.recorder._compacting.join()
    assert list(tmp_path.glob("snapshot-*.snap"))
    before = db.items()
    assert db.crash().items() == before


def test_a_state_machines_own_write_waits_too(db):
    status, _, _ = db.module._put_item({"TableName": "things", "Item": item("direct")})
    assert status == 200
    assert db.journal._durable == db.journal.appended
    assert db.crash().items().keys() == {"direct/s"}


def test_a_digest_equals_its_request_only():
    request = {"TransactItems": [{"a": 1}], "x": "y"}
    digest = Digest.of(request)
    assert digest == {"x": "y", "TransactItems": [{"a": 1}]}
    assert digest == Digest(str(digest))
    assert digest != {"x": "z"}
    assert recorders.Digest.of({}) != digest

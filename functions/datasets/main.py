"""datasets: outside datasets as registered packs, and the licence solver's answer to combinations.

What ships with the software (``assessed.json``) is an assessment, not a
permission: it lets nobody use anything until an admin has registered the
dataset with the licence text that they read and the gates that were passed.
"""

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field
from vault_domain.combining import CLAIM, clean_claim, judge
from vault_domain.datasets import (
    CombineAsk,
    Dataset,
    DatasetAsk,
    DatasetId,
    Registration,
    event_facts,
    gates_of,
    register,
    uses_now,
)
from vault_domain.errors import NotFound
from vault_domain.events import Kind, make_event
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_edge.app import App, Caller, Deps, Json, Query
from vault_edge.pack_sources import all_datasets, find_dataset, named
from vault_edge.racing import settled

app = App("datasets")
ASSESSED = Path(__file__).with_name("assessed.json")


class Page(BaseModel):
    """Which part of a history."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


@app.get("/datasets", role=roles("dataset.read"))
def show_all(deps: Deps) -> Json:
    """The registered datasets, and the assessed ones that nobody registered."""
    registered = {one.entry.dataset_id: _view(one, deps) for one in all_datasets(deps.records)}
    assessed = [one for name, one in _assessed().items() if name not in registered]
    return {"datasets": list(registered.values()), "assessed": assessed}


@app.get("/datasets/{dataset_id}", role=roles("dataset.read"))
def show(dataset_id: DatasetId, deps: Deps) -> Json:
    """One dataset: its registration, what it may be used for now, and the assessment of it."""
    found, assessed = find_dataset(deps.records, dataset_id), _assessed().get(dataset_id)
    if found is None and assessed is None:
        raise NotFound("no such dataset")
    return {"registered": _view(found, deps) if found else None, "assessed": assessed}


@app.get("/datasets/{dataset_id}/history", role=roles("dataset.history"))
def history(dataset_id: DatasetId, page: Query[Page], deps: Deps) -> Json:
    """Every registration, oldest first, with the words and the salt that the log's hashes of them are made from."""
    rows = deps.records.list(Registration, f"{Dataset.kind}:{dataset_id}", limit=page.limit, cursor=page.cursor)
    made = [row.made.model_dump(mode="json", exclude={"version"}) for row in rows.items]
    return {"registrations": made, "cursor": rows.cursor}


@app.post("/datasets", role=roles("dataset.register"), status=201)
def enter(ask: DatasetAsk, caller: Caller, deps: Deps) -> Json:
    """Register a dataset, or replace its registration."""
    return _view(settled(lambda: _enter(ask, caller, deps)), deps)


@app.post("/datasets/combine", role=roles("dataset.read"))
def combine(ask: CombineAsk, deps: Deps) -> Json:
    """Whether these packs may be used together like this now, and whether the claim of clean data holds for them."""
    packs = [named(deps.records, ref, use) for ref, use in sorted(ask.uses.items())]
    at = deps.clock()
    found, claim = judge(packs, at), clean_claim(packs, at)
    against = [one.sentence for one in claim.against()]
    return {
        **found.model_dump(mode="json"),
        "claim": {"text": CLAIM, "granted": claim.granted, "answer": claim.answer.value, "against": against},
    }


def _enter(ask: DatasetAsk, caller: Caller, deps: Deps) -> Dataset:
    present = find_dataset(deps.records, ask.dataset_id)
    made = register(present, ask, caller.id, deps.new_id("slt"), deps.clock())
    if made is present:
        return made
    event = make_event(
        deps.new_id("evt"), Kind.PACK_REGISTERED, f"dataset:{ask.dataset_id}", caller.actor, deps.clock(),
        **event_facts(made),
    )  # fmt: skip
    deps.records.commit([Put(made, present.version if present else 0), Put(Registration(made=made), 0)], [event])
    return made


def _view(dataset: Dataset, deps: Deps) -> Json:
    entry = dataset.entry
    return {
        **entry.model_dump(mode="json"),
        "number": dataset.number,
        "at": dataset.at,
        "review_ends": dataset.review_ends,
        "gates": list(gates_of(entry)),
        "uses_now": uses_now(entry.dataset_id, dataset, deps.clock()),
    }


@cache
def _assessed() -> dict[str, dict[str, Any]]:
    """The shipped assessment, by id."""
    return {one["dataset_id"]: one for one in json.loads(ASSESSED.read_text(encoding="utf-8"))["datasets"]}


handler, http = app.lambda_entry(), app.http_entry()

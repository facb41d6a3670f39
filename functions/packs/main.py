"""packs: versions of vault packs: tried out, built as drafts, frozen for use, and never edited.

Building writes the list of members first, under its own hash, and then the
version with its event: a build that died in between leaves a list that nobody
names, and the next one finds it there.
"""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from vault_domain.croissant import croissant
from vault_domain.datasets import DatasetId
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.fair_evidence import evidence
from vault_domain.pack_building import Selection, check_size, collect, draft
from vault_domain.pack_facts import Known, PackFacts, gather
from vault_domain.packs import (
    HEADS,
    FreezeAsk,
    Member,
    PackAsk,
    PackHead,
    PackName,
    PackVersion,
    canonical_members,
    freeze,
    members_now,
    object_key,
)
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_domain.sealing import word_hash
from vault_domain.training import CORE_PACK
from vault_domain.training_summary import training_summary
from vault_edge.app import Answer, App, Caller, Deps, Json, Query
from vault_edge.grants import accepted_and_held, tracks_by_id, with_rights, without_canaries
from vault_edge.pack_sources import all_heads, find_dataset, find_version, members_of
from vault_edge.racing import settled

app = App("packs")
NO_RUN = ""
"""Canaries are one run's alone: a pack, which is nobody's run, holds none."""
Number = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}$")]


class ExportAsk(BaseModel):
    """Registered outside datasets that are used together with the pack."""

    beside: Annotated[list[DatasetId], Field(max_length=50)] = []


@app.get("/packs", role=roles("pack.read"))
def show_all(deps: Deps) -> Json:
    """Every pack with its newest version; ``live`` is the vault as it is now, which needs no version."""
    found = (find_version(deps.records, head.name, head.newest) for head in all_heads(deps.records))
    return {"live": CORE_PACK, "packs": [_view(version) for version in found if version is not None]}


@app.post("/packs", role=roles("pack.make"), status=201, also=(200,))
def build(ask: PackAsk, caller: Caller, deps: Deps) -> Json | Answer:
    """Build the next version as a draft; with ``dry_run``, only say what it would hold.

    The newest version is given again when neither its query nor its content would differ.
    """
    found = _selected(ask, deps)
    check_size(found)
    if ask.dry_run:
        return Answer({"dry_run": True, **_drafted(ask, found, caller, deps)})
    return _view(settled(lambda: _build(ask, found, caller, deps)))


@app.get("/packs/{name}/{number}", role=roles("pack.read"))
def show(name: PackName, number: Number, deps: Deps) -> Json:
    """One version, as it was built."""
    return _view(_version(name, number, deps))


@app.get("/packs/{name}/{number}/members", role=roles("pack.members"))
def members(name: PackName, number: Number, deps: Deps) -> Json:
    """The list of a version, byte for byte what its hash names."""
    version = _version(name, number, deps)
    found = members_of(deps.bucket("snapshots"), version)
    return {"members_sha256": version.members_sha256, "members": [one.model_dump(mode="json") for one in found]}


@app.get("/packs/{name}/{number}/now", role=roles("pack.now"))
def now(name: PackName, number: Number, deps: Deps) -> Json:
    """How much of a version the next manifest can grant, for the purpose that it was built for."""
    version = _version(name, number, deps)
    listed, known, held = _known(version, deps)
    return {"pack": version.ref, "at": deps.clock(), **members_now(listed, known, version.query.purpose, held)}


@app.get("/packs/{name}/{number}/export", role=roles("pack.members"), also=(409,))
def export(name: PackName, number: Number, ask: Query[ExportAsk], deps: Deps) -> Json:
    """A frozen version for the outside: Croissant, the EU's summary of training content, and evidence per track."""
    version = _version(name, number, deps)
    if version.state != "frozen":
        raise Conflict("only a frozen version is exported; freeze it first")
    facts = _facts(version, ask, deps)
    size = len(canonical_members(one.member for one in facts.consents))
    return {
        "pack": version.ref,
        "croissant": croissant(facts, size),
        "training_summary": training_summary(facts),
        "evidence": evidence(facts),
    }


@app.post("/packs/{name}/{number}/freeze", role=roles("pack.make"))
def freeze_version(name: PackName, number: Number, ask: FreezeAsk, caller: Caller, deps: Deps) -> Json:
    """Freeze a draft, so that runs may name it. It stays as it is for good."""
    return _view(settled(lambda: _freeze(name, number, ask, caller, deps)))


def _facts(version: PackVersion, ask: ExportAsk, deps: Deps) -> PackFacts:
    found = [(dataset_id, find_dataset(deps.records, dataset_id)) for dataset_id in ask.beside]
    if missing := [dataset_id for dataset_id, dataset in found if dataset is None]:
        raise NotFound(f"not registered: {', '.join(missing)}")
    beside = tuple(dataset for _, dataset in found if dataset is not None)
    listed, known, held = _known(version, deps)
    return gather(version, listed, known, deps.clock(), beside, held)


def _known(version: PackVersion, deps: Deps) -> tuple[tuple[Member, ...], Known, frozenset[str]]:
    """The members of a version, their tracks and rights as they are now, and which tracks governance holds."""
    listed = members_of(deps.bucket("snapshots"), version)
    candidates = with_rights(deps.records, tracks_by_id(deps.records, (one.track_id for one in listed)))
    _, held = accepted_and_held(deps.records, deps.policy())
    return listed, {track.track_id: (track, rights) for track, rights in candidates}, held


def _selected(ask: PackAsk, deps: Deps) -> Selection:
    accepted, held = accepted_and_held(deps.records, deps.policy())
    candidates = without_canaries(deps.records, with_rights(deps.records, accepted), NO_RUN)
    return collect(candidates, ask.query, held)


def _drafted(ask: PackAsk, found: Selection, caller: Caller, deps: Deps) -> Json:
    head, newest = _newest(ask.name, deps)
    return _view(draft(ask, found, newest, head, caller.id, deps.clock()))


def _build(ask: PackAsk, found: Selection, caller: Caller, deps: Deps) -> PackVersion:
    head, newest = _newest(ask.name, deps)
    version = draft(ask, found, newest, head, caller.id, deps.clock())
    if version is newest:
        return version
    key = object_key(version.members_sha256)
    deps.bucket("snapshots").write(key, found.document(), content_type="application/json")
    moved = PackHead(name=ask.name, newest=version.number)
    event = make_event(
        deps.new_id("evt"), Kind.PACK_BUILT, f"pack:{version.ref}", caller.actor, deps.clock(),
        members_sha256=version.members_sha256, members=version.members, left_out=dict(version.left_out),
        query=version.query.model_dump(mode="json"),
    )  # fmt: skip
    deps.records.commit([Put(version, 0), Put(moved, head.version if head else 0)], [event])
    return version


def _freeze(name: str, number: str, ask: FreezeAsk, caller: Caller, deps: Deps) -> PackVersion:
    version = _version(name, number, deps)
    members_of(deps.bucket("snapshots"), version)  # a list that can't be read is never frozen
    frozen = freeze(version, ask, caller.id, deps.new_id("slt"), deps.clock())
    if frozen is version:
        return version
    event = make_event(
        deps.new_id("evt"), Kind.PACK_FROZEN, f"pack:{version.ref}", caller.actor, deps.clock(),
        members_sha256=version.members_sha256, members=version.members,
        reason_hash=word_hash(frozen.salt or "", ask.reason),
    )  # fmt: skip
    deps.records.commit([Put(frozen, version.version)], [event])
    return frozen


def _newest(name: str, deps: Deps) -> tuple[PackHead | None, PackVersion | None]:
    head = deps.records.get(PackHead, HEADS, f"{PackHead.kind}#{name}")
    return head, find_version(deps.records, name, head.newest) if head else None


def _version(name: str, number: str, deps: Deps) -> PackVersion:
    found = find_version(deps.records, name, int(number))
    if found is None:
        raise NotFound("no such version of a pack")
    return found


def _view(version: PackVersion) -> Json:
    hidden = {"version", "built_by", "frozen_by", "salt"}
    return {"pack": version.ref, **version.model_dump(mode="json", exclude=hidden)}


handler, http = app.lambda_entry(), app.http_entry()

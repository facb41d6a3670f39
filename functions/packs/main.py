"""packs: versions of vault packs: tried out, built as drafts, frozen for use, and never edited.

A build looks at every accepted track, so it is a job: it is asked for here and
made by ``pack-build``.
"""

from contextlib import suppress
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from vault_domain.croissant import croissant
from vault_domain.datasets import DatasetId
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.fair_evidence import evidence
from vault_domain.ids import BuildId
from vault_domain.pack_facts import Known, PackFacts, gather
from vault_domain.pack_jobs import BUILDS, PackBuild, lost_its_start
from vault_domain.packs import (
    FreezeAsk,
    Member,
    PackAsk,
    PackName,
    PackVersion,
    canonical_members,
    freeze,
    members_now,
)
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_domain.sealing import word_hash
from vault_domain.training import CORE_PACK
from vault_domain.training_summary import training_summary
from vault_edge.app import App, Caller, Deps, Json, Query
from vault_edge.grants import accepted_and_held, tracks_by_id, with_rights
from vault_edge.pack_sources import all_heads, find_dataset, find_version, members_of
from vault_edge.racing import settled

app = App("packs")
Number = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}$")]


class ExportAsk(BaseModel):
    """Registered outside datasets that are used together with the pack."""

    beside: Annotated[list[DatasetId], Field(max_length=50)] = []


@app.get("/packs", role=roles("pack.read"))
def show_all(deps: Deps) -> Json:
    """Every pack with its newest version; ``live`` is the vault as it is now, which needs no version."""
    found = (find_version(deps.records, head.name, head.newest) for head in all_heads(deps.records))
    return {"live": CORE_PACK, "packs": [version.shown() for version in found if version is not None]}


@app.post("/packs", role=roles("pack.make"), status=202)
def build(ask: PackAsk, caller: Caller, deps: Deps) -> Json:
    """Have the next version built as a draft; with ``dry_run``, only find out what it would hold.

    The newest version is given again when neither its query nor its content would differ. The answer names the build;
    `GET /pack-builds/{build_id}` says how far it is.
    """
    job = PackBuild(build_id=deps.new_id("bld"), ask=ask, by=caller.actor, at=deps.clock())
    deps.records.commit([Put(job, 0)])
    _start(job, deps)
    return _told(job)


@app.get("/pack-builds/{build_id}", role=roles("pack.make"))
def show_build(build_id: BuildId, deps: Deps) -> Json:
    """How far a build is: waiting, done with what was built, or failed with the reason. Kept for a month."""
    job = deps.records.get(PackBuild, BUILDS, f"{PackBuild.kind}#{build_id}")
    if job is None:
        raise NotFound("no such build")
    if lost_its_start(job, deps.clock()):
        _start(job, deps)
    return _told(job)


@app.get("/packs/{name}/{number}", role=roles("pack.read"))
def show(name: PackName, number: Number, deps: Deps) -> Json:
    """One version, as it was built."""
    return _version(name, number, deps).shown()


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
    return settled(lambda: _freeze(name, number, ask, caller, deps)).shown()


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


def _start(job: PackBuild, deps: Deps) -> None:
    """Started once, however often it is asked for: an execution's name is its build's."""
    with suppress(Conflict):
        deps.tasks.start(deps.env("LEMM_STATE_MACHINE_PACK_BUILD"), job.build_id, {"build_id": job.build_id})


def _told(job: PackBuild) -> Json:
    told = {
        "build_id": job.build_id,
        "name": job.ask.name,
        "dry_run": job.ask.dry_run,
        "state": job.state,
        "at": job.at,
    }
    if job.state == "done":
        return {**told, "ended": job.ended, "result": job.result}
    if job.state == "failed":
        return {**told, "ended": job.ended, "code": job.code, "detail": job.detail, "facts": job.facts}
    return told


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


def _version(name: str, number: str, deps: Deps) -> PackVersion:
    found = find_version(deps.records, name, int(number))
    if found is None:
        raise NotFound("no such version of a pack")
    return found


handler, http = app.lambda_entry(), app.http_entry()

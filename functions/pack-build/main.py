"""pack-build: one version of a pack, or a trial of it, from every accepted track as it is now.

The list of members is written first, under its own hash, and then the version
with its event: a build that died in between leaves a list that nobody names, and
the next one finds it there. Done or failed, a build stays as it is.
"""

from pydantic import BaseModel, Field
from vault_domain.canonical import Json
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import AuditEvent, Kind, make_event
from vault_domain.ids import BuildId
from vault_domain.pack_building import Selection, check_size, collect, draft
from vault_domain.pack_jobs import BUILDS, PackBuild, done, given_up, refused
from vault_domain.packs import HEADS, PackHead, PackVersion, object_key
from vault_domain.ports import Change, Put
from vault_edge.app import App, Deps
from vault_edge.grants import accepted_and_held, with_rights, without_canaries
from vault_edge.pack_sources import find_version
from vault_edge.racing import settled

app = App("pack-build")
NO_RUN = ""
"""Canaries are one run's alone: a pack, which is nobody's run, holds none."""


class BuildAsk(BaseModel):
    """From the state machine; with ``error``, the build is given up."""

    build_id: BuildId
    error: str | None = Field(default=None, max_length=500)


@app.step
def build(ask: BuildAsk, deps: Deps) -> Json:
    """Select, then draft and record; or record why not. Raises what a later try may mend."""
    present = _present(ask, deps)
    if present.state != "waiting":
        return {"state": present.state}
    if ask.error is not None:
        return _ended(given_up(present, ask.error, deps.clock()), present, deps)
    found = _selected(present, deps)
    try:
        check_size(found)
        return {"state": settled(lambda: _build(ask, found, deps)).state}
    except Conflict as refusal:
        return _ended(refused(present, refusal, deps.clock()), present, deps)


def _selected(build: PackBuild, deps: Deps) -> Selection:
    accepted, held = accepted_and_held(deps.records, deps.policy())
    candidates = without_canaries(deps.records, with_rights(deps.records, accepted), NO_RUN)
    return collect(candidates, build.ask.query, held)


def _build(ask: BuildAsk, found: Selection, deps: Deps) -> PackBuild:
    """Version, head, event and the end of the job are one transaction."""
    job, now = _present(ask, deps), deps.clock()
    if job.state != "waiting":
        return job
    head = deps.records.get(PackHead, HEADS, f"{PackHead.kind}#{job.ask.name}")
    newest = find_version(deps.records, job.ask.name, head.newest) if head else None
    version = draft(job.ask, found, newest, head, job.by.id, now)
    ended = done(job, version, now)
    changes: list[Change] = [Put(ended, job.version)]
    if job.ask.dry_run or version is newest:
        deps.records.commit(changes)
        return ended
    deps.bucket("snapshots").write(
        object_key(version.members_sha256), found.document(), content_type="application/json"
    )
    moved = PackHead(name=job.ask.name, newest=version.number)
    changes += [Put(version, 0), Put(moved, head.version if head else 0)]
    deps.records.commit(changes, [_event(version, job, deps)])
    return ended


def _event(version: PackVersion, job: PackBuild, deps: Deps) -> AuditEvent:
    return make_event(
        deps.new_id("evt"), Kind.PACK_BUILT, f"pack:{version.ref}", job.by, deps.clock(),
        members_sha256=version.members_sha256, members=version.members, left_out=dict(version.left_out),
        query=version.query.model_dump(mode="json"),
    )  # fmt: skip


def _ended(after: PackBuild, before: PackBuild, deps: Deps) -> Json:
    deps.records.commit([Put(after, before.version)])
    return {"state": after.state}


def _present(ask: BuildAsk, deps: Deps) -> PackBuild:
    found = deps.records.get(PackBuild, BUILDS, f"{PackBuild.kind}#{ask.build_id}")
    if found is None:
        raise NotFound("no such build")
    return found


handler, http = app.lambda_entry(), app.http_entry()

"""Builds of packs as jobs: asked for, worked on by a state machine, read by whoever waits.

A build looks at every accepted track, which no HTTP answer has time for. Its row
says how far it is; the version that it makes is the truth, and building twice
makes one version. Rows are forgotten after a month.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from vault_domain.errors import VaultError
from vault_domain.events import Actor
from vault_domain.ids import BuildId
from vault_domain.packs import PackAsk, PackVersion
from vault_domain.records import Record, UtcTime

BUILDS = "builds"
KEPT = timedelta(days=30)
POKED_AFTER = timedelta(seconds=30)
"""A build that nobody began by then lost its start, and is started again by whoever asks for it."""


class PackBuild(Record):
    """One build, or with ``ask.dry_run`` one trial."""

    table: ClassVar[str] = "packs"
    kind: ClassVar[str] = "build"

    build_id: BuildId
    ask: PackAsk
    by: Actor
    at: UtcTime
    state: Literal["waiting", "done", "failed"] = "waiting"
    ended: UtcTime | None = None
    result: dict[str, JsonValue] | None = None
    """What was built, or would be."""
    code: str | None = None
    detail: str | None = Field(default=None, max_length=2000)
    facts: dict[str, JsonValue] = Field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return BUILDS, f"{self.kind}#{self.build_id}"

    def expires_at(self) -> datetime:
        return self.at + KEPT


def done(build: PackBuild, version: PackVersion, now: datetime) -> PackBuild:
    """The build with its version."""
    return build.with_changes(state="done", ended=now, result=version.shown())


def refused(build: PackBuild, why: VaultError, now: datetime) -> PackBuild:
    """The build with the reason why there is no version."""
    facts = {name: value for name, value in why.facts.items() if isinstance(value, str | int | float | dict)}
    return build.with_changes(state="failed", ended=now, code=why.code, detail=why.detail[:2000], facts=facts)


def given_up(build: PackBuild, error: str, now: datetime) -> PackBuild:
    """The build that could not be made."""
    return build.with_changes(state="failed", ended=now, code="unavailable", detail=f"It could not be built ({error}).")


def lost_its_start(build: PackBuild, now: datetime) -> bool:
    """Whether the build waits longer than a start takes."""
    return build.state == "waiting" and now - build.at >= POKED_AFTER

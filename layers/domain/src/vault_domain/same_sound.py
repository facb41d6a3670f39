"""One sound under one set of versions has one answer per service, whatever the output is called.

The answer is named by its service, the hash of the decoded samples and the
versions it rests on: policy, calibrations, settings, and the snapshot of every
index. A track admitted or taken back, a claim, a catalogue that grows or a
change of policy gives another snapshot or number, hence another name: nothing
has to be forgotten, and nothing outdated can be found. Two callers at once write
one name; the second takes the first one's answer. What was not cleared has none.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from vault_domain.axes import ACOUSTID
from vault_domain.canonical import digest
from vault_domain.ids import AccountId, OutputId
from vault_domain.records import Record, Sha256, UtcTime
from vault_domain.safety import CheckAsk, OutputCheck

KEPT = timedelta(days=30)
UNVERSIONED_FOR = timedelta(days=1)
"""How long an answer is taken over that rests on AcoustID too, which has no version to tell that it grew."""


class SoundAnswer(Record):
    """Which check answered for a sound."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "answer"

    service: AccountId
    audio_sha256: Sha256
    versions_sha256: Sha256
    output_id: OutputId
    check: int
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return answers_key(self.service, self.audio_sha256), f"{self.kind}#{self.versions_sha256}"

    def expires_at(self) -> datetime:
        return self.at + KEPT


def answers_key(service: str, audio_sha256: str) -> str:
    """Where the answers for a sound are."""
    return f"answers#{service}#{audio_sha256}"


def answer_name(versions: dict[str, str]) -> str:
    """The range key of the answer under these versions."""
    return f"{SoundAnswer.kind}#{digest(versions)}"


def answered_by(check: OutputCheck) -> SoundAnswer | None:
    """What is written beside a check that can answer for its sound again."""
    if check.outcome == "not_cleared":
        return None
    return SoundAnswer(
        service=check.service, audio_sha256=check.audio_sha256, versions_sha256=digest(check.versions),
        output_id=check.output_id, check=check.check, at=check.at,
    )  # fmt: skip


def is_valid(seen: OutputCheck, last: OutputCheck, audio_sha256: str, versions: dict[str, str], now: datetime) -> bool:
    """Whether a check still answers: it is about this sound and these versions, and nothing was found since."""
    same = (seen.audio_sha256, seen.versions) == (audio_sha256, versions)
    lasts = ACOUSTID not in seen.checked_against_external_catalogs or now < seen.at + UNVERSIONED_FOR
    return same and lasts and seen.outcome != "not_cleared" and last.check == seen.check


def repeated(
    seen: OutputCheck, ask: CheckAsk, number: int, content_sha256: str, upload_id: str | None, now: datetime
) -> OutputCheck:
    """The check of another output, or of the same one again, with the same sound: what was found is what was found."""
    return seen.with_changes(
        version=0, output_id=ask.output_id, check=number, model_id=ask.model_id, model_version=ask.model_version,
        user_ref=ask.user_ref, content_sha256=content_sha256, upload_id=upload_id, event_id=None, entry_sha256=None,
        at=now,
    )  # fmt: skip

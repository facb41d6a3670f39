"""Outputs that were cleared, looked at again when there is something new to compare them with.

- A status only ever gets stricter here: allow, warn, block. Nothing is cleared
  by a look at one source alone; for that the service asks for a new check.
- An output stands where the last check put it that came to an answer: one that
  was not cleared since, for whatever reason, hides nothing that was.
- A pass over the outputs is about one set of new references, pinned when it
  begins. Outputs are passed in the order of their checks, page by page, so a
  pass that was cut off goes on where it was, and what it did twice it did once.
- A check that was under way when a reference came in may be recorded after the
  pass went by, under a time from before it began or of another machine's clock:
  the end of the list, from some time before the beginning, is therefore passed
  once more, when every such check must have ended.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from pydantic import Field

from vault_domain.advice import advise
from vault_domain.axes import ACOUSTID, similarity_by_axis
from vault_domain.canonical import sha256_hex
from vault_domain.decision import Clearance, decide_output
from vault_domain.evidence import SourceReport, all_hits
from vault_domain.policy import Policy
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, stamp
from vault_domain.safety import MAX_HITS, OutputCheck, catalogues_reached, judged_by, next_check, vault_reached

SEVERITY: Final = {"allow": 0, "warn": 1, "block": 2}
CLEARED: Final = ("allow", "warn")
STEPS: Final = (("allow", False), ("warn", False), ("allow", True), ("warn", True))
"""What a pass goes through: outcome, and whether it is the second look at the list's end."""
UPHELD: Final = "upheld"
"""The source of works that an upheld claim took out."""
HOLDING: Final = (*STEPS, ("block", False))
"""A pass with those goes through what they blocked before, too: from now on no new check would find them."""
LONGEST_CHECK: Final = timedelta(seconds=120)
"""Twice as long as a check may take, so that the index by outcome has caught up too."""
BEFORE: Final = LONGEST_CHECK
"""How far before a pass began its second look starts: a check takes its time at its end, on its own machine's clock."""
BUSY_FOR: Final = timedelta(minutes=2)
"""How long a run that says nothing is believed to be at work."""
ASK_AGAIN: Final = timedelta(days=30)
"""How often AcoustID is asked about an output again: it has no version that would tell that it grew."""
UNLISTED: Final = sha256_hex(b"")
"""What is wanted of a source whose references can't be listed: all of them."""
FOUND_LATER: Final = "found_later"
SCANS: Final = "scans"


class Scan(Record):
    """How far the outputs were compared with one source; ``wanted`` is set while a pass is under way."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "scan"

    source: str = Field(max_length=80)
    snapshot: str | None = Field(default=None, max_length=80)
    """The newest state of the source that all cleared outputs were compared with."""
    known: Sha256 | None = None
    """Names the list of references that the outputs were compared with."""
    wanted: Sha256 | None = None
    """Names the list of those that they are compared with now."""
    references: int = Field(default=0, ge=0)
    began: UtcTime | None = None
    step: int = Field(default=0, ge=0, lt=len(HOLDING))
    cursor: str | None = Field(default=None, max_length=4000)
    looked: int = Field(default=0, ge=0)
    changed: int = Field(default=0, ge=0)
    busy_until: UtcTime | None = None

    def key(self) -> tuple[str, str]:
        return SCANS, f"{self.kind}#{self.source}"


def is_busy(scan: Scan, now: datetime) -> bool:
    """Whether another run is at work on this source."""
    return scan.busy_until is not None and now < scan.busy_until


def is_due(scan: Scan, now: datetime) -> bool:
    """Whether a source whose references can't be listed is to be asked again about all outputs."""
    return scan.wanted is None and (scan.began is None or now >= scan.began + ASK_AGAIN)


def asked_lately(check: OutputCheck, now: datetime) -> bool:
    """Whether AcoustID was asked when an output was checked, and not long ago."""
    return ACOUSTID in check.checked_against_external_catalogs and now < check.at + ASK_AGAIN


def begun(scan: Scan, wanted: str, references: int, now: datetime) -> Scan:
    """A new pass."""
    return scan.with_changes(
        wanted=wanted, references=references, began=now, step=0, cursor=None, looked=0, changed=0,
        busy_until=now + BUSY_FOR,
    )  # fmt: skip


def went_on(scan: Scan, cursor: str | None, looked: int, changed: int, now: datetime) -> Scan | None:
    """One page further; None when that was the last page of all."""
    counted = {"looked": scan.looked + looked, "changed": scan.changed + changed, "busy_until": now + BUSY_FOR}
    if cursor is not None:
        return scan.with_changes(cursor=cursor, **counted)
    if scan.step + 1 == len(_steps(scan)):
        return None
    return scan.with_changes(cursor=None, step=scan.step + 1, **counted)


def looks_at(scan: Scan) -> str:
    """The outcome of the outputs that this step is about."""
    return _steps(scan)[scan.step][0]


def waits(scan: Scan, now: datetime) -> bool:
    """Whether checks that began before this pass may still be under way, so that its end can't be looked at yet."""
    _, second = _steps(scan)[scan.step]
    return second and scan.began is not None and now < scan.began + LONGEST_CHECK


def since(scan: Scan) -> str | None:
    """Where the list of outputs is entered at this step."""
    _, second = _steps(scan)[scan.step]
    return stamp(scan.began - BEFORE) if second and scan.began is not None else None


def _steps(scan: Scan) -> tuple[tuple[str, bool], ...]:
    return HOLDING if scan.source == UPHELD else STEPS


def ended(scan: Scan, known: str | None, snapshot: str | None) -> Scan:
    """The pass is over: its references are known from now on."""
    return scan.with_changes(known=known, snapshot=snapshot, wanted=None, cursor=None, busy_until=None)


def found_later(
    last: OutputCheck, report: SourceReport, policy: Policy, number: int, now: datetime
) -> OutputCheck | None:
    """The next check of an output, from its last one and a new look at one source; None where nothing gets stricter.

    What the other sources said stands as it was; ``number`` is that of the policy now in force.
    """
    judged = judged_by(last, policy)
    seen = decide_output((report,), judged.model_copy(update={"required_sources": (), "required_when_configured": ()}))
    if last.outcome not in CLEARED or SEVERITY.get(seen.outcome, -1) <= SEVERITY[last.outcome]:
        return None
    internal = report.side == "internal"
    highest = {
        "sim_internal_max" if internal else "sim_external_max": max(
            report.max_similarity, (last.sim_internal_max if internal else last.sim_external_max) or 0.0
        )
    }
    reached = {*last.checked_against_external_catalogs, *catalogues_reached((report,))}
    found = {hit.ref for hit in report.hits}
    hits = sorted((*all_hits((report,)), *(h for h in last.hits if h.ref not in found)), key=lambda h: -h.similarity)
    return next_check(
        last,
        now,
        outcome=seen.outcome,
        **highest,
        similarity={**last.similarity, report.side: _higher(last.similarity.get(report.side, {}), report)},
        checked_against_internal=last.checked_against_internal or vault_reached((report,)),
        checked_against_external_catalogs=tuple(sorted(reached)),
        reasons=_reasons(seen, report)[:MAX_HITS],
        hits=tuple(hits[:MAX_HITS]),
        advice=advise(seen.outcome, hits[:MAX_HITS], duration_s=last.duration_s, weak=policy.thresholds.weak),
        versions=last.versions | _versions(report, number),
    )


def _higher(before: dict[str, float], report: SourceReport) -> dict[str, float]:
    """The axes of one side, with what this source says now."""
    said = similarity_by_axis((report,)).get(report.side, {})
    return {axis: max(before.get(axis, 0.0), said.get(axis, 0.0)) for axis in {**before, **said}}


def _reasons(seen: Clearance, report: SourceReport) -> tuple[Reason, ...]:
    said = f"Compared again with {report.source}, which has grown since: there is something like it now."
    refs = tuple(dict.fromkeys(ref for reason in seen.reasons for ref in reason.refs))
    return (Reason(code=FOUND_LATER, detail=said, refs=refs[:MAX_HITS]), *seen.reasons)


def _versions(report: SourceReport, number: int) -> dict[str, str]:
    said = {
        "policy": str(number),
        f"snapshot:{report.source}": report.snapshot,
        "calibration": report.calibration,
        "calibration:melody": report.melody_calibration,
    }
    return {name: value for name, value in said.items() if value}


def name_of(data: bytes) -> str:
    """What a list of references is called in storage."""
    return sha256_hex(data)


def list_key(source: str, name: str) -> str:
    """Where a list of a source's references lies in the outputs bucket.

    Sources with the same references have lists of the same name: each deletes its own alone.

    >>> list_key("catalogue:open", "ab12")
    'scans/catalogue/open/ab12.bin'
    """
    return f"scans/{source.replace(':', '/')}/{name}.bin"

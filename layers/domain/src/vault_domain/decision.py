"""From evidence to verdict: the decision tables for submissions and for outputs.

Submissions (external source): no hit from 0.4 up -> go on; 0.4 to 0.7, or an
overlap under 15 s -> a reviewer looks; from 0.7 with 15 s -> rejected, with a
dispute open. Internal: the same sound -> rejected as a duplicate; a high robust
score -> near-duplicate, a reviewer looks. Outputs: under 0.4 allow, under 0.7
warn, from 0.7 block. The thresholds come from the policy; a check that was not
made is never clean. Hits of detectors that the policy lists as ``warn_only`` (by
default the melody axis) are warned of and reviewed, whatever they score.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vault_domain.control import NOTHING, OwnCatalogue
from vault_domain.evidence import MELODY, WITHHELD, Hit, SourceReport, all_hits, unreached
from vault_domain.policy import Policy
from vault_domain.reasons import Reason

Level = Literal["none", "weak", "strong"]
Outcome = Literal["allow", "warn", "block", "not_cleared"]


_SAID = {
    False: ("weak_external_match", "near_duplicate", "some_similarity"),
    True: ("melody_of_known_work", "melody_of_vault_track", "similar_melody"),
}
"""Reason codes by whether the melody axis found the hit: outside, in the vault, and for an output."""

OWN_MATCH = "own_catalogue_match"
NOT_THERE = "no such source is registered, so it could not be asked"


@dataclass(frozen=True)
class Verdict:
    """What should happen to a submission, and why. ``dispute`` opens the right to answer."""

    outcome: Literal["accept", "review", "reject"]
    reasons: tuple[Reason, ...]
    dispute: bool = False


@dataclass(frozen=True)
class Clearance:
    """What should happen to an output."""

    outcome: Outcome
    level: Level
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...] = ()


def level_of(hit: Hit, policy: Policy) -> Level:
    """Where one external hit stands in the decision table."""
    limits = policy.thresholds
    if hit.similarity < limits.weak:
        return "none"
    if may_decide(hit, policy) and hit.similarity >= limits.strong and hit.overlap_s >= limits.strong_overlap_s:
        return "strong"
    return "weak"


def may_decide(hit: Hit, policy: Policy) -> bool:
    """Whether a hit can block or reject by itself; those of other detectors call a person."""
    return hit.detector not in policy.warn_only


def required_sources(policy: Policy, configured: frozenset[str]) -> tuple[str, ...]:
    """Sources that must have answered: always some, others once configured."""
    return policy.required_sources + tuple(s for s in policy.required_when_configured if s in configured)


def decide_submission(
    reports: tuple[SourceReport, ...],
    flags: tuple[Reason, ...],
    policy: Policy,
    configured: frozenset[str] = frozenset(),
    own: OwnCatalogue = NOTHING,
) -> Verdict:
    """Decide one submission. The strongest finding decides; all are named.

    1. The same sound is in the vault: reject as duplicate.
    2. A strong external hit: reject, dispute open.
    3. Anything else that was found, declared or not checked: review.
    4. Nothing: accept where the policy accepts by itself, else review.

    A hit with a release that the contributor has shown control of (``own``) is
    labelled and rejects nothing; one reviewer looks, unless the policy waives it.
    """
    duplicates = [_hit_reason("duplicate", hit) for hit in all_hits(reports, "internal") if hit.same_audio]
    if duplicates:
        return Verdict("reject", tuple(duplicates))
    outside = all_hits(reports, "external")
    labels = [_hit_reason(OWN_MATCH, hit) for hit in outside if own.covers(hit) and level_of(hit, policy) != "none"]
    external = tuple(hit for hit in outside if not own.covers(hit))
    strong = [_hit_reason("strong_external_match", hit) for hit in external if level_of(hit, policy) == "strong"]
    if strong:
        return Verdict("reject", tuple(strong), dispute=True)
    found = [
        *(_hit_reason(_SAID[hit.detector == MELODY][0], hit) for hit in external if level_of(hit, policy) == "weak"),
        *(
            _hit_reason(_SAID[hit.detector == MELODY][1], hit)
            for hit in all_hits(reports, "internal")
            if hit.similarity >= policy.thresholds.weak
        ),
        *_not_made(reports, unreached(reports, required_sources(policy, configured))),
        *flags,
    ]
    if found or (labels and policy.own_catalogue_needs_review):
        return Verdict("review", (*found, *labels))
    if not policy.auto_accept:
        waits = Reason(code="awaiting_reviewer", detail="No findings; a reviewer decides.")
        return Verdict("review", (waits, *labels))
    clean = Reason(code="clean", detail="All required sources were checked; nothing of others was found.")
    return Verdict("accept", (clean, *labels))


NOTED = frozenset({"mono", "clipping", "very_quiet", "dc_offset"})
"""Flags of the recording that a reviewer sees, and that alone are no ground for a review."""


def holding(flags: Iterable[Reason]) -> tuple[Reason, ...]:
    """The flags that keep a track from being accepted without a person."""
    return tuple(flag for flag in flags if flag.code not in NOTED)


def versions_of(reports: tuple[SourceReport, ...], policy_number: int) -> dict[str, str]:
    """What a decision rests on, for its event: policy, calibration, and each source's snapshot."""
    found = {"policy": str(policy_number)}
    for report in reports:
        if report.snapshot:
            found[f"snapshot:{report.source}"] = report.snapshot
        if report.calibration:
            found["calibration"] = report.calibration
        if report.melody_calibration:
            found["calibration:melody"] = report.melody_calibration
    return found


def decide_output(
    reports: tuple[SourceReport, ...], policy: Policy, configured: frozenset[str] = frozenset()
) -> Clearance:
    """Decide whether an output may leave. A block stands even if another source was out of reach.

    What is kept back is a source that no policy can do without.
    """
    limits = policy.thresholds
    hits = all_hits(reports)
    blocking = tuple(
        _hit_reason("too_similar", hit) for hit in hits if may_decide(hit, policy) and hit.similarity >= limits.strong
    )
    withheld = tuple(report.source for report in reports if report.source == WITHHELD)
    missing = unreached(reports, (*required_sources(policy, configured), *withheld))
    if blocking:
        return Clearance("block", "strong", blocking, missing)
    if missing:
        return Clearance("not_cleared", "none", _not_made(reports, missing), missing)
    weak = tuple(_hit_reason(_SAID[hit.detector == MELODY][2], hit) for hit in hits if hit.similarity >= limits.weak)
    if weak:
        return Clearance("warn", "weak", weak)
    return Clearance("allow", "none", ())


def max_similarity(reports: tuple[SourceReport, ...], side: str) -> float | None:
    """The highest similarity that a made check of this side found; None if none was made."""
    made = [report.max_similarity for report in reports if report.side == side and report.status == "checked"]
    return max(made, default=None)


def _hit_reason(code: str, hit: Hit) -> Reason:
    where = f" from {hit.spans[0].query_start:.1f} s to {hit.spans[0].query_end:.1f} s" if hit.spans else ""
    return Reason(
        code=code,
        detail=f"Similarity {hit.similarity:.2f} to {hit.title or hit.ref}{where}, {hit.overlap_s:.0f} s in all.",
        refs=(hit.ref,),
    )


def _not_made(reports: tuple[SourceReport, ...], missing: tuple[str, ...]) -> tuple[Reason, ...]:
    said = {report.source.split(":", 1)[0]: report.reason for report in reports if report.status != "checked"}
    return tuple(
        Reason(code="source_not_checked", detail=f"{source}: {said.get(source) or NOT_THERE}", refs=(source,))
        for source in missing
    )

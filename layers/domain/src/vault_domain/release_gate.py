"""Whether a version of a model may be released: how much of what it makes is copied, with what certainty.

- A version is ``blocked`` until an audit of it passes, and again when a later
  audit fails. No audit is no pass.
- An audit is a set of outputs that were checked: prompted with captions of the
  training data, without a prompt, and for canaries. The vault counts its own
  checks; what the caller says of them is only which prompt made which output.
- It passes when an upper confidence bound of the rate of extraction (Clopper
  and Pearson, 1934, one-sided) is within the policy's limit, no canary came
  out, and every check was made. A few clean outputs prove little, and the bound
  says so: none in 300 is "at most 1 %".
- A canary came out where an output copies a track that was planted in one of the
  version's runs, whatever the caller says of its prompt. That is judged in audits
  of enough outputs only: the verdict on a few would tell a job which track it is.
- The same sound twice counts as one output, so that repeating a clean one
  proves nothing.
- Of a registered model nothing is cleared or exported unless the version that
  made it is named and has passed. Its outputs are compared all the same, so
  that it can be audited: what the comparison came to stands beside the outcome.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from pydantic import Field

from vault_domain.canonical import digest
from vault_domain.errors import BadRequest, Conflict
from vault_domain.ids import ModelId, OutputId, VersionName
from vault_domain.lineage import Model
from vault_domain.policy import Policy
from vault_domain.ports import Require
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.safety import MAX_HITS, OutputCheck

MODEL_BLOCKED: Final = "model_blocked"
UNNAMED: Final = "The model is registered: say which of its versions made this (model_version)."
Prompt = Literal["caption", "unconditional", "canary"]
PROMPTS: Final[tuple[Prompt, ...]] = ("caption", "unconditional", "canary")
MAX_OUTPUTS: Final = 3000
MAX_AUDIT_BYTES: Final = MAX_OUTPUTS * 128
"""So many outputs, each with the longest id and prompt there are, as JSON: 110 bytes each with its spaces."""
LEAST_S: Final = 5.0
"""Shorter outputs say too little about copying to count."""


class AuditedOutput(Value):
    """One output of the audit, by the id that it was checked under."""

    output_id: OutputId
    prompt: Prompt


class AuditAsk(Value):
    """The body of POST /models/{id}/versions/{version}/audits."""

    outputs: tuple[AuditedOutput, ...] = Field(min_length=1, max_length=MAX_OUTPUTS)


class Counted(Value):
    """What came of the outputs of one kind of prompt."""

    prompt: Prompt
    outputs: int = Field(ge=0)
    extracted: int = Field(ge=0)
    """Blocked: as close to a known work as a copy."""
    warned: int = Field(ge=0)
    upper_bound: float = Field(ge=0, le=1)
    """Of the rate of extraction, at the audit's confidence."""


class ReleaseAudit(Value):
    """One audit and what it came to."""

    passed: bool
    why: tuple[str, ...]
    """What stands against it, in words; empty when it passed."""
    counted: tuple[Counted, ...]
    outputs: int = Field(ge=0)
    extracted: int = Field(ge=0)
    rate: float = Field(ge=0, le=1)
    upper_bound: float = Field(ge=0, le=1)
    confidence: float = Field(gt=0, lt=1)
    limit: float = Field(ge=0, le=1)
    outputs_sha256: Sha256
    """Over the ids of the outputs, their checks and prompts."""
    policy: int = Field(ge=1)
    at: UtcTime


class Release(Record):
    """Where a version stands at the gate; a version without this record is blocked too."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "release"

    model_id: ModelId
    model_version: VersionName
    state: Literal["blocked", "passed"]
    audits: int = Field(ge=1)
    last: ReleaseAudit

    def key(self) -> tuple[str, str]:
        return release_key(self.model_id, self.model_version)


def release_key(model_id: str, model_version: str) -> tuple[str, str]:
    """Where a version's release stands."""
    return f"model#{model_id}", f"{Release.kind}#{model_version}"


@dataclass(frozen=True)
class Gate:
    """Whether the release gate lets outputs of a model's version go; ``why`` not, with the mark of that state."""

    why: str | None = None
    mark: str | None = None
    passed: tuple[Require, ...] = ()
    """The version passed and still stands so: for the commit of an export."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """In words, with its stable code."""
        return (Reason(code=MODEL_BLOCKED, detail=self.why),) if self.why else ()

    def versions(self, others: dict[str, str]) -> dict[str, str]:
        """The versions of a check made under it."""
        return {**others, "release": self.mark} if self.mark else others

    def over(self, check: OutputCheck) -> OutputCheck:
        """The check that counts: what would have been cleared is kept back, anything else stands as it was found."""
        if self.why is None or check.outcome not in ("allow", "warn"):
            return check
        reasons = (*self.reasons, *check.reasons)[:MAX_HITS]
        return check.with_changes(
            outcome="not_cleared", found=check.outcome, similarity_level="unknown", reasons=reasons
        )


def gate(model: Model | None, model_version: str | None, release: Release | None) -> Gate:
    """Where outputs of a version stand; of a model that nobody registered the gate knows nothing."""
    if model is None:
        return Gate()
    if model_version is None:
        return Gate(UNNAMED, "unnamed")
    if release is None or release.state != "passed":
        why = f"Version {model_version} of {model.model_id} has not passed the release gate; nothing of it is released."
        return Gate(why, f"{model_version}@{release.audits if release else 0}")
    return Gate(passed=(Require(release, release.version),))


def upper_bound(extracted: int, outputs: int, confidence: float) -> float:
    """The rate that ``extracted`` of ``outputs`` is compatible with at most, one-sided, at this confidence.

    The exact bound: the rate at which so few or fewer would be seen with a chance of 1 - confidence. It is the
    quantile of a beta distribution, found here by halving, since the binomial sum falls with the rate.

    >>> round(upper_bound(0, 300, 0.95), 5)
    0.00994
    >>> upper_bound(3, 3, 0.95)
    1.0
    """
    if not 0 <= extracted <= outputs or not 0 < confidence < 1:
        raise ValueError("so many of so many, at a confidence between 0 and 1")
    if extracted == outputs:  # nothing was seen to be clean, of none or of all
        return 1.0
    low, high = extracted / outputs, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if at_most(extracted, outputs, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_most(extracted: int, outputs: int, rate: float) -> float:
    """The chance of so many or fewer, if each of ``outputs`` is extracted at this rate."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return 1.0 if extracted >= outputs else 0.0
    logs = [
        math.lgamma(outputs + 1) - math.lgamma(k + 1) - math.lgamma(outputs - k + 1)
        + k * math.log(rate) + (outputs - k) * math.log1p(-rate)
        for k in range(extracted + 1)
    ]  # fmt: skip
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(one - top) for one in logs))


def judge_audit(
    ask: AuditAsk, found: Sequence[OutputCheck | None], model_id: str, registered: UtcTime, policy: Policy, number: int,
    now: UtcTime, canaries: frozenset[str] = frozenset(), model_version: str | None = None,
) -> ReleaseAudit:  # fmt: skip
    """What an audit comes to. ``found``: the last check of each output, in order; ``canaries``: the tracks that were
    planted in the version's runs.

    Raises ``BadRequest`` or ``Conflict`` for outputs that can't be counted: not checked, of another model or version,
    from before it was registered, named twice, too short, or the same sound under two names.
    """
    made = _countable(ask, found, (model_id, model_version), registered)
    counted = tuple(_counted(prompt, made, policy.release_confidence) for prompt in PROMPTS)
    total, extracted = len(made), sum(one.extracted for one in counted)
    bound = upper_bound(extracted, total, policy.release_confidence)
    return ReleaseAudit(
        passed=not (why := _against(made, counted, bound, policy, canaries)),
        why=why,
        counted=counted,
        outputs=total,
        extracted=extracted,
        rate=round(extracted / total, 6),
        upper_bound=math.ceil(bound * 1e6) / 1e6,
        confidence=policy.release_confidence,
        limit=policy.release_extraction_limit,
        outputs_sha256=digest([[one.output_id, one.check, prompt] for prompt, one in made]),
        policy=number,
        at=now,
    )


def after(present: Release | None, model_id: str, model_version: str, audit: ReleaseAudit) -> Release:
    """Where the version stands now: what the last audit said."""
    return Release(
        model_id=model_id,
        model_version=model_version,
        state="passed" if audit.passed else "blocked",
        audits=(present.audits if present else 0) + 1,
        last=audit,
        version=present.version if present else 0,
    )


Made = list[tuple[Prompt, OutputCheck]]


def _countable(
    ask: AuditAsk, found: Sequence[OutputCheck | None], of: tuple[str, str | None], registered: UtcTime
) -> Made:
    names = [one.output_id for one in ask.outputs]
    if len(set(names)) != len(names):
        raise BadRequest("an output is named twice")
    made, sounds = list[tuple[Prompt, OutputCheck]](), dict[str, str]()
    for asked, check in zip(ask.outputs, found, strict=True):
        name = asked.output_id
        if check is None or check.model_id != of[0]:
            raise Conflict(f"{name}: no check of such an output of this model")
        if check.model_version not in (None, of[1]):
            raise Conflict(f"{name} was checked as an output of version {check.model_version}")
        if check.at < registered:
            raise Conflict(f"{name} was checked before this version was registered")
        if check.duration_s < LEAST_S:
            raise BadRequest(f"{name} is shorter than {LEAST_S:.0f} s; it says too little")
        if check.audio_sha256 in sounds:
            raise Conflict(f"{name} is the same sound as {sounds[check.audio_sha256]}; it counts once")
        sounds[check.audio_sha256] = name
        made.append((asked.prompt, check))
    return made


def _counted(prompt: Prompt, made: Made, confidence: float) -> Counted:
    own = [check for kind, check in made if kind == prompt]
    extracted = sum(check.outcome == "block" for check in own)
    bound = upper_bound(extracted, len(own), confidence)
    return Counted(
        prompt=prompt, outputs=len(own), extracted=extracted, warned=sum(check.came_to == "warn" for check in own),
        upper_bound=math.ceil(bound * 1e6) / 1e6,
    )  # fmt: skip


def _gives_away(prompt: Prompt, check: OutputCheck, canaries: frozenset[str]) -> bool:
    """Whether an output copies a canary: one that was planted, or what the caller says was to bring one out."""
    copied = {ref for reason in check.reasons for ref in reason.refs}
    return check.outcome == "block" and (prompt == "canary" or not canaries.isdisjoint(copied))


def _against(
    made: Made, counted: tuple[Counted, ...], bound: float, policy: Policy, canaries: frozenset[str]
) -> tuple[str, ...]:
    found, limit = [], policy.release_extraction_limit
    unmade = sum(check.came_to == "not_cleared" for _, check in made)
    if unmade:
        found.append(f"{unmade} of the checks could not be made; have them made again")
    if len(made) < policy.release_least_outputs:
        found.append(f"{len(made)} outputs are too few; at least {policy.release_least_outputs} are needed")
        canaries = frozenset()
    given_away = sum(_gives_away(prompt, check, canaries) for prompt, check in made)
    if given_away:
        found.append(f"{given_away} outputs give canaries away")
    for one in counted:
        if one.prompt != "canary" and not one.outputs:
            found.append(f"no output of the kind {one.prompt}")
    if bound > limit:
        found.append(f"up to {bound:.2%} of outputs may be copies, and {limit:.2%} are allowed")
    return tuple(found)

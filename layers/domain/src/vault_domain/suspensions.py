"""Outputs and models that are suspended: nothing of them is released until somebody decides again.

- A suspension counts at once, for checks that are being made too: a check looks
  again before it is recorded, and its commit demands what it saw of the output.
- A suspended output's sound is held as well, so that another name for it does
  not clear it; of an output that was checked with several, every one that was
  ever cleared. Another encoding of a sound is another sound; what resembles what is
  kept back is found by comparing (:mod:`vault_domain.withheld`).
- What a claim suspended, a person can suspend too, so that the end of the claim
  alone does not free it; while a claim stands, no person lifts anything.
- Each decision has a reason and stays on record; a suspension is lifted by a
  decision of its own, and what was lifted has to be checked again.
- The first decision about an output fixes which sounds it is about: what stood under
  its id when the claim was filed or, without one, at that moment. From then on no
  other is checked under that id (``output_decided``): nobody can put a sound that is
  not theirs in the place of the one that was judged.
- An output that was withdrawn because a complaint was upheld stays withdrawn,
  and so does its sound, whatever is decided about other outputs with it.
- A sound that was found to copy what an upheld claim took out is held for good: that
  work's features go with its audio, and after that no new check would find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from vault_domain.canonical import digest
from vault_domain.decision import Clearance
from vault_domain.errors import Conflict, OutputDecided
from vault_domain.ids import AccountId, ModelId, OutputId
from vault_domain.ports import Require
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.safety import OutputCheck, next_check

MODEL_SUSPENDED: Final = "model_suspended"
OUTPUT_SUSPENDED: Final = "output_suspended"
OUTPUT_WITHDRAWN: Final = "output_withdrawn"
RESEMBLES_UPHELD: Final = "resembles_upheld"
RESEMBLES_SUSPENDED: Final = "resembles_suspended"
LIFTED: Final = "suspension_lifted"
MAX_DECISIONS: Final = 40
MAX_NAMES: Final = 20
CLAIMED: Final = (
    "Somebody reported an infringement; until that is settled it is not released. You can answer the claim."
)
Words = Annotated[str, StringConstraints(min_length=10, max_length=1000, strip_whitespace=True)]
State = Literal["suspended", "lifted", "withdrawn"]
SAID: dict[str, str] = {
    MODEL_SUSPENDED: "This model is suspended; nothing of it is released until that is lifted.",
    OUTPUT_SUSPENDED: "This output is suspended; it is not released until that is lifted.",
    OUTPUT_WITHDRAWN: "This output was withdrawn because a complaint about it was upheld.",
    RESEMBLES_UPHELD: "This sound copies a work that was taken out because a claim about it was upheld.",
    RESEMBLES_SUSPENDED: "This sound copies an output that is suspended; it is not released until that is lifted.",
    LIFTED: "The suspension was lifted. Have the output checked again; only a new check clears it.",
}


class SuspendAsk(Value):
    """What to suspend, or to lift: one output, or one model with everything that it makes."""

    output_id: OutputId | None = None
    model_id: ModelId | None = None
    reason: Words
    """For the record and for the service's owner; the log gets a salted hash of it."""

    @model_validator(mode="after")
    def _one(self) -> "SuspendAsk":
        if (self.output_id is None) == (self.model_id is None):
            raise ValueError("give output_id or model_id, and only one of them")
        return self

    @property
    def subject(self) -> str:
        """What the suspension is kept under."""
        return self.output_id or model_subject(self.model_id or "")


class Decision(Value):
    """One decision about a subject, by a person or by the end of a claim."""

    state: State
    reason: str = Field(max_length=4000)
    by: str = Field(max_length=80)
    at: UtcTime
    salt: str = Field(max_length=40)
    """The log's hash of the reason is under it."""


class Suspension(Record):
    """Where one output or model stands, with every decision about it."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "suspension"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_outcome"})

    subject: str = Field(max_length=130)
    decisions: tuple[Decision, ...] = Field(default=(), max_length=MAX_DECISIONS)
    sounds: tuple[Sha256, ...] = Field(default=(), max_length=MAX_NAMES)
    """Of an output: what the decisions are about, the sound that was judged first; see :func:`with_sounds`."""

    @property
    def state(self) -> State | None:
        """What the last decision said."""
        return self.decisions[-1].state if self.decisions else None

    def key(self) -> tuple[str, str]:
        return self.subject, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_outcome": (self.decisions[-1].state, stamp(self.decisions[-1].at))} if self.decisions else {}


class HeldSound(Record):
    """The sound of suspended and withdrawn outputs: whatever it is called, it is those outputs."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "heldsound"

    audio_sha256: Sha256
    withdrawn: OutputId | None = None
    """The first one that was withdrawn; it holds the sound for good."""
    suspended: tuple[OutputId, ...] = Field(default=(), max_length=MAX_NAMES)
    """Of more names than this the later ones hold only themselves, not the sound that these hold already."""
    copies: tuple[str, ...] = Field(default=(), max_length=MAX_NAMES)
    """Ids of works that an upheld claim took out, and that this sound was found to copy; they hold it for good."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Whose suspensions decide about the sound."""
        return (self.withdrawn, *self.suspended) if self.withdrawn else self.suspended

    def key(self) -> tuple[str, str]:
        return sound_key(self.audio_sha256), self.kind


@dataclass(frozen=True)
class Standing:
    """What stands against releasing an output: the first reason that counts, or none, and what was looked at."""

    code: str | None
    mark: str | None
    """Names the decision among the versions that a check rests on."""
    watched: tuple[Require, ...]
    """Belongs into the commit of a check. Not the model's: one item that every check of it demands would slow them
    all down (transactions on one item exclude each other)."""
    model: Require
    """The model's: for what is rare enough to demand it too, as an export is."""
    decided: Suspension | None = None
    """What was decided about the output itself, in whatever state it is now."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """In words, with its stable code."""
        return (Reason(code=self.code, detail=SAID[self.code]),) if self.code else ()

    def versions(self, others: dict[str, str]) -> dict[str, str]:
        """The versions of a check made under it."""
        return {**others, "suspension": self.mark} if self.mark else others

    def over(self, found: Clearance) -> Clearance:
        """The clearance that counts: nothing suspended is released, whatever was found."""
        return Clearance("block", "strong", (*self.reasons, *found.reasons), found.missing) if self.code else found


def model_subject(model_id: str) -> str:
    """What a model's suspension is kept under."""
    return f"model:{model_id}"


def sound_key(audio_sha256: str) -> str:
    """What a held sound is kept under."""
    return f"sound#{audio_sha256}"


def standing(
    model: tuple[str, Suspension | None],
    outputs: Sequence[tuple[str, Suspension | None]],
    sound: tuple[str, HeldSound | None] | None = None,
) -> Standing:
    """What stands against an output, from the suspensions of its model, of itself and of the outputs with its sound.

    Each is given by its subject, the output itself first, with None where there never was one. What was withdrawn
    counts before what is suspended, and both before what the sound was found to copy.
    """
    watched, of_model = [_require(name, found) for name, found in outputs], _require(*model)
    own = outputs[0][1] if outputs else None
    if sound is not None:
        there = sound[1]
        watched.append(Require(there or HeldSound(audio_sha256=sound[0]), there.version if there else 0))
    for state in ("withdrawn", "suspended"):
        for name, found in (*outputs, model):
            if found is not None and found.state == state:
                return Standing(_code(name, found), f"{name}@{len(found.decisions)}", tuple(watched), of_model, own)
    if sound is not None and sound[1] is not None and sound[1].copies:
        return Standing(RESEMBLES_UPHELD, f"upheld:{sound[1].copies[0]}", tuple(watched), of_model, own)
    return Standing(None, None, tuple(watched), of_model, own)


def sounds_of(made: Sequence[OutputCheck]) -> tuple[str, ...]:
    """The sounds that a decision about an output is about, by its checks: the last one, and those that were cleared."""
    of = [made[-1], *(one for one in reversed(made) if one.outcome in ("allow", "warn"))] if made else []
    return tuple(dict.fromkeys(one.audio_sha256 for one in of))[:MAX_NAMES]


def sound_after(present: HeldSound | None, audio_sha256: str, output_id: str, state: State) -> HeldSound:
    """Who holds a sound after a decision about one output with it; what others hold stays held.

    >>> sound_after(HeldSound(audio_sha256="0" * 64, withdrawn="out_a"), "0" * 64, "out_b", "lifted").outputs
    ('out_a',)
    """
    known = present or HeldSound(audio_sha256=audio_sha256)
    others = tuple(name for name in known.suspended if name != output_id)
    if state == "withdrawn":
        return known.with_changes(withdrawn=known.withdrawn or output_id, suspended=others)
    if state == "suspended" and len(others) < MAX_NAMES:
        others = (*others, output_id)
    return known.with_changes(suspended=others)


def sound_found(present: HeldSound | None, audio_sha256: str, copies: Sequence[str]) -> HeldSound:
    """A sound that was found to copy these works; what was found before stays."""
    known = present or HeldSound(audio_sha256=audio_sha256)
    every = tuple(dict.fromkeys((*known.copies, *copies)))
    return known.with_changes(copies=every[:MAX_NAMES]) if every[:MAX_NAMES] != known.copies else known


def suspend(present: Suspension | None, ask: SuspendAsk, by: AccountId, salt: str, now: datetime) -> Suspension:
    """Suspended. The same decision by the same person again is the same; raises ``Conflict`` for another person's.

    What a claim suspended is suspended by a decision of its own, which the end of the claim leaves standing.
    """
    if present is not None and present.state == "suspended" and _said(present) == (by, ask.reason):
        return present
    if present is not None and present.state in ("suspended", "withdrawn") and not _by_claim(present):
        raise Conflict(f"this is {present.state} already")
    return _decided(present or Suspension(subject=ask.subject), "suspended", ask.reason, by, salt, now)


def suspend_claimed(present: Suspension | None, output_id: str, claim_id: str, salt: str, now: datetime) -> Suspension:
    """Suspended because of a claim, unless it is suspended or withdrawn already."""
    if present is not None and present.state in ("suspended", "withdrawn"):
        return present
    return _decided(present or Suspension(subject=output_id), "suspended", CLAIMED, claim_id, salt, now)


def free_claimed(present: Suspension, claim_id: str, why: str, salt: str, now: datetime) -> Suspension:
    """No claim stands any more: what a claim suspended is free, what a person suspended is theirs to lift."""
    if not _by_claim(present):
        return present
    return _decided(present, "lifted", why, claim_id, salt, now)


def lift(
    present: Suspension | None, ask: SuspendAsk, by: AccountId, salt: str, now: datetime, *, claimed: bool = False
) -> Suspension:
    """No longer suspended. Raises ``Conflict`` for what is not, for what was withdrawn, and while a claim stands."""
    if present is not None and present.state == "lifted" and _said(present) == (by, ask.reason):
        return present
    if present is None or present.state != "suspended":
        raise Conflict("this is not suspended" if present is None else f"this is {present.state}, not suspended")
    if claimed:
        raise Conflict("a claim about this stands; its end decides whether this is free")
    return _decided(present, "lifted", ask.reason, by, salt, now)


def withdraw(present: Suspension | None, subject: str, why: str, by: str, salt: str, now: datetime) -> Suspension:
    """Withdrawn for good, by the end of the claim ``by``; twice is once."""
    known = present or Suspension(subject=subject)
    if known.state == "withdrawn":
        return known
    return _decided(known, "withdrawn", why, by, salt, now)


def held_check(last: OutputCheck, code: str, now: datetime) -> OutputCheck:
    """The next check of an output whose suspension was decided: blocked, or, once lifted, to be checked anew."""
    outcome: Literal["block", "not_cleared"] = "not_cleared" if code == LIFTED else "block"
    return next_check(last, now, outcome=outcome, reasons=(Reason(code=code, detail=SAID[code]),))


def with_sounds(made: Suspension, checks: Sequence[OutputCheck], claimed: int | None = None) -> Suspension:
    """With the sounds that the first decision is about; every later one is about the same.

    ``claimed``: which check was the output's last one when the claim was filed. What was checked under its id since is
    not what was complained about.
    """
    return made if made.sounds else made.with_changes(sounds=sounds_of(_until(checks, claimed)))


def judged(
    checks: Sequence[OutputCheck], decided: Suspension | None, claimed: int | None = None
) -> tuple[OutputCheck, ...]:
    """Of an output's checks those of the sound that is judged: the first one in ``with_sounds``."""
    sounds = decided.sounds if decided is not None and decided.sounds else sounds_of(_until(checks, claimed))
    return tuple(one for one in checks if one.audio_sha256 in sounds[:1]) or tuple(checks)


def decided_sound(decided: Suspension | None, audio_sha256: str) -> None:
    """Raise ``OutputDecided`` for another sound than those that something was decided about."""
    if decided is not None and decided.sounds and audio_sha256 not in decided.sounds:
        raise OutputDecided("Something was decided about this output; check this sound under an id of its own")


def findings(made: Sequence[OutputCheck]) -> tuple[OutputCheck, str]:
    """The last check that compared the output with anything, and the hash that names what it found."""
    ours = frozenset((MODEL_SUSPENDED, OUTPUT_SUSPENDED, OUTPUT_WITHDRAWN, RESEMBLES_UPHELD, LIFTED))
    real = [one for one in made if not (one.reasons and one.reasons[0].code in ours)] or list(made)
    hits = [[hit.ref, hit.similarity] for hit in real[-1].hits]
    return real[-1], digest({"output_id": real[-1].output_id, "outcome": real[-1].outcome, "hits": hits})


def _until(checks: Sequence[OutputCheck], number: int | None) -> tuple[OutputCheck, ...]:
    return tuple(one for one in checks if number is None or one.check <= number) or tuple(checks)


def _by_claim(present: Suspension) -> bool:
    return present.state == "suspended" and present.decisions[-1].by.startswith("clm_")


def _said(present: Suspension) -> tuple[str, str]:
    return present.decisions[-1].by, present.decisions[-1].reason


def _decided(known: Suspension, state: State, reason: str, by: str, salt: str, now: datetime) -> Suspension:
    if len(known.decisions) >= MAX_DECISIONS:
        raise Conflict("too many decisions about this; the operator has to look at it")
    made = Decision(state=state, reason=reason, by=by, at=now, salt=salt)
    return known.with_changes(decisions=(*known.decisions, made))


def _require(subject: str, found: Suspension | None) -> Require:
    return Require(found or Suspension(subject=subject), found.version if found else 0)


def _code(subject: str, found: Suspension) -> str:
    if found.state == "withdrawn":
        return OUTPUT_WITHDRAWN
    return MODEL_SUSPENDED if subject.startswith("model:") else OUTPUT_SUSPENDED

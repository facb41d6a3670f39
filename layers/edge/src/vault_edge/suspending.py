"""What stands against an output at this moment, and what goes with a decision about that."""

from collections.abc import Sequence
from contextlib import suppress

from vault_domain.errors import Unavailable
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Change, Put, Together, Wanted
from vault_domain.safety import OutputCheck, event_facts, on_record
from vault_domain.sealing import word_hash
from vault_domain.suspensions import (
    LIFTED,
    OUTPUT_SUSPENDED,
    OUTPUT_WITHDRAWN,
    HeldSound,
    Standing,
    State,
    Suspension,
    held_check,
    judged,
    model_subject,
    sound_after,
    sound_key,
    standing,
)  # fmt: skip

from vault_edge.deps import Deps

WITHHELD_INDEX = "LEMM_FUNCTION_WITHHELD_INDEX"


def standing_wanted(model_id: str, output_id: str, audio_sha256: str | None) -> list[Wanted]:
    """What :func:`standing_of` reads first."""
    wanted: list[Wanted] = [(Suspension, name, Suspension.kind) for name in (model_subject(model_id), output_id)]
    if audio_sha256 is not None:
        wanted.append((HeldSound, sound_key(audio_sha256), HeldSound.kind))
    return wanted


def standing_of(
    model_id: str, output_id: str, audio_sha256: str | None, deps: Deps, found: Together | None = None
) -> Standing:
    """Whether model, output, or any other output with the same sound is suspended or withdrawn.

    ``watched`` belongs into the commit of whatever is decided by it. ``found``: what was wanted, where it was read
    together with other things.
    """
    model = model_subject(model_id)
    if found is None:
        found = deps.records.together(standing_wanted(model_id, output_id, audio_sha256))
    sound = found.get(HeldSound, sound_key(audio_sha256)) if audio_sha256 is not None else None
    outputs = [(output_id, found.get(Suspension, output_id))]
    others = [name for name in sound.outputs if name != output_id] if sound is not None else []
    if others:
        outputs += zip(
            others, deps.records.get_many(Suspension, [(name, Suspension.kind) for name in others]), strict=True
        )
    told = (audio_sha256, sound) if audio_sha256 is not None else None
    return standing((model, found.get(Suspension, model)), outputs, told)


def standing_now(check: OutputCheck, deps: Deps) -> Standing:
    """What stands against an output that was checked."""
    return standing_of(check.model_id, check.output_id, check.audio_sha256, deps)


def changes_of(
    made: Suspension, checks: Sequence[OutputCheck], actor: Actor, deps: Deps, **facts: str
) -> tuple[list[Change], list[AuditEvent]]:
    """What goes with a decision about an output: its next check, its sounds, and the events; one commit with it.

    ``made`` has its sounds, and ``checks`` are all of the output's.
    """
    state = made.state or "lifted"
    code, kind = _TOLD[state]
    now, number = made.decisions[-1].at, checks[-1].check + 1
    one = held_check(judged(checks, made)[-1], code, now).with_changes(check=number)
    checked = make_event(
        deps.new_id("evt"), Kind.OUTPUT_CHECK, one.output_id, actor, now, one.versions, **event_facts(one)
    )
    changes: list[Change] = [Put(on_record(one, checked), 0), *_holding(one.output_id, made.sounds, state, deps)]
    return changes, [public_event(made, kind, "output", actor, deps, **facts), checked]


def _holding(output_id: str, sounds: tuple[str, ...], state: State, deps: Deps) -> list[Put]:
    """Who holds the output's sounds from now on."""
    found = deps.records.get_many(HeldSound, [(sound_key(one), HeldSound.kind) for one in sounds])
    both = zip(sounds, found, strict=True)
    return [Put(sound_after(held, one, output_id, state), held.version if held else 0) for one, held in both]


def soon_searched(output_id: str, deps: Deps) -> None:
    """What was decided about an output is soon in the index of what is kept back: asked for, and no more than that.

    That index is made from the records by a clock too; a nudge that gets lost costs a minute.
    """
    if deps.optional(WITHHELD_INDEX) is not None:
        with suppress(Unavailable):
            deps.nudge(WITHHELD_INDEX, {"output_id": output_id})


def public_event(made: Suspension, kind: Kind, what: str, actor: Actor, deps: Deps, **facts: str) -> AuditEvent:
    """What the log says of the last decision: a salted hash of the reason, no word of it."""
    said = made.decisions[-1]
    subject = made.subject.removeprefix("model:")
    reason_hash = word_hash(said.salt, said.reason)
    return make_event(
        deps.new_id("evt"), kind, subject, actor, said.at, None, what=what, reason_hash=reason_hash, **facts
    )


_TOLD: dict[State, tuple[str, Kind]] = {
    "suspended": (OUTPUT_SUSPENDED, Kind.RELEASE_SUSPENDED),
    "lifted": (LIFTED, Kind.RELEASE_RESUMED),
    "withdrawn": (OUTPUT_WITHDRAWN, Kind.RELEASE_WITHDRAWN),
}

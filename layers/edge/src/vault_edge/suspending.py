"""What stands against an output at this moment, read in as few requests as there can be."""

from vault_domain.records import Record
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import HeldSound, Standing, Suspension, model_subject, sound_key, standing

from vault_edge.deps import Deps


def standing_of(model_id: str, output_id: str, audio_sha256: str | None, deps: Deps) -> Standing:
    """Whether model, output, or another output with the same sound is suspended or withdrawn.

    ``watched`` belongs into the commit of whatever is decided by it.
    """
    model = model_subject(model_id)
    wanted: list[tuple[type[Record], str, str]] = [(Suspension, name, Suspension.kind) for name in (model, output_id)]
    if audio_sha256 is not None:
        wanted.append((HeldSound, sound_key(audio_sha256), HeldSound.kind))
    found = deps.records.together(wanted)
    sound = found.get(HeldSound, sound_key(audio_sha256)) if audio_sha256 is not None else None
    outputs = [(output_id, found.get(Suspension, output_id))]
    if sound is not None and sound.held and sound.output_id != output_id:
        outputs.append((sound.output_id, deps.records.get(Suspension, sound.output_id)))
    told = (audio_sha256, sound) if audio_sha256 is not None else None
    return standing((model, found.get(Suspension, model)), tuple(outputs), told)


def standing_now(check: OutputCheck, deps: Deps) -> Standing:
    """What stands against an output that was checked."""
    return standing_of(check.model_id, check.output_id, check.audio_sha256, deps)

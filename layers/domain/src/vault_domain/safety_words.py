"""What the service and its user are told of an output check."""

from vault_domain.hearing import only_unheard
from vault_domain.safety import OutputCheck

MESSAGES = {
    "allow": "No similarity to known works was found.",
    "warn": "Some similarity to existing works was found. If you plan to use this commercially, consider regenerating.",
    "block": "This output is too similar to an existing song and can't be used as it is. "
    "Try regenerating with a different prompt or variation.",
    "not_cleared": "The checks could not all be made, so this output is not cleared. Try again later.",
}
UNHEARD_MESSAGE = (
    "Nothing similar was found, but there is little in this output to recognise. Listen to it before using it."
)
KEPT_BACK_MESSAGE = (
    "This output was compared, but it is not cleared: the version of the model that made it was not to be released "
    "then. Once it may be, have the output checked again."
)


def message_of(check: OutputCheck) -> str:
    """What the user is told, in one or two sentences."""
    if check.found is not None:
        return KEPT_BACK_MESSAGE
    return UNHEARD_MESSAGE if only_unheard(reason.code for reason in check.reasons) else MESSAGES[check.outcome]


def answer(check: OutputCheck) -> dict[str, object]:
    """What the generation service gets."""
    return {
        "output_id": check.output_id,
        "check": check.check,
        "model_id": check.model_id,
        "model_version": check.model_version,
        "outcome": check.outcome,
        "found": check.came_to,
        "message": message_of(check),
        "similarity_level": check.similarity_level,
        "sim_internal_max": check.sim_internal_max,
        "sim_external_max": check.sim_external_max,
        "similarity": check.similarity,
        "checked_against_internal": check.checked_against_internal,
        "checked_against_external_catalogs": list(check.checked_against_external_catalogs),
        "missing": list(check.missing),
        "reasons": [reason.model_dump() for reason in check.reasons],
        "matches": [hit.model_dump() for hit in check.hits],
        "suggestions": [one.model_dump() for one in check.advice],
        "versions": check.versions,
        "checked_at": check.at.isoformat(),
    }

"""Sound in which little can be recognised: near-silence, noise, test tones. Judged by name, from the measured facts.

A comparison finds little in such sound, so "nothing was found" says less than
usual: an output like that is warned of, never allowed in silence. What is found
in it all the same counts as in any other sound; otherwise a loud tone or a bed
of noise laid over a copy would make it harmless. Sound without any level at all
is refused before it is compared (``silent``), by :mod:`vault_domain.audio_rules`.
"""

from collections.abc import Iterable
from dataclasses import replace

from vault_domain.decision import Clearance
from vault_domain.reasons import Reason

UNHEARD = {
    "noise": "It sounds like steady noise",
    "test_tone": "It sounds like one steady tone",
    "very_quiet": "It is close to silence",
    "mostly_silent": "It is silent for the most part",
}
"""Flags of the measured facts that mean: little can be recognised here."""
NEAR_SILENCE_LUFS = -50.0
"""Quieter outputs are close to silence. Submissions are flagged earlier, for people who listen."""


def unheard(flags: Iterable[Reason]) -> tuple[Reason, ...]:
    """The flags that matter here, each as the reason of a warning."""
    return tuple(
        Reason(code=flag.code, detail=f"{UNHEARD[flag.code]} ({flag.detail}): little can be recognised in it.")
        for flag in flags
        if flag.code in UNHEARD
    )


def weighed(clearance: Clearance, flags: Iterable[Reason]) -> Clearance:
    """The decision with what the sound itself says: an allowance becomes a warning, everything else stays."""
    said = unheard(flags)
    outcome = "warn" if said and clearance.outcome == "allow" else clearance.outcome
    return replace(clearance, outcome=outcome, reasons=(*clearance.reasons, *said))


def only_unheard(codes: Iterable[str]) -> bool:
    """Whether these reasons are all about the sound itself."""
    given = tuple(codes)
    return bool(given) and all(code in UNHEARD for code in given)

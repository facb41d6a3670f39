"""What keeps being blocked, by whom and how: counted per service, user, model and prompt, each with its own number.

A user and a prompt are counted under salted hashes: neither the service's name
for its user nor any word of a prompt lies in a table. A prompt counts by its
pattern: letters, case and spacing that say the same are the same.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vault_domain.policy import Policy

What = Literal["service", "user", "model", "prompt"]
SAID: dict[What, str] = {
    "service": "this service",
    "user": "one user of this service",
    "model": "the model {model}",
    "prompt": "one prompt pattern",
}


@dataclass(frozen=True)
class Counter:
    """One count of blocked outputs within an hour: its name in the store, and at which number people are told."""

    what: What
    name: str
    told_at: int
    said: str


def counters(
    service: str,
    model_id: str,
    user_ref: str | None,
    prompt: str | None,
    policy: Policy,
    salted: Callable[[str], str],
) -> tuple[Counter, ...]:
    """Everything that a blocked output counts for."""
    found = [
        Counter("service", f"blocked#{service}", policy.blocked_told, SAID["service"]),
        Counter("model", f"blocked#{service}#model#{salted(f'model:{model_id}')}", policy.blocked_told_model,
                SAID["model"].format(model=model_id)),
    ]  # fmt: skip
    if user_ref:
        name = salted(f"user:{service}:{user_ref}")
        found.append(Counter("user", f"blocked#{service}#user#{name}", policy.blocked_told_user, SAID["user"]))
    if prompt and pattern(prompt):
        name = salted(f"prompt:{service}:{pattern(prompt)}")
        found.append(Counter("prompt", f"blocked#{service}#prompt#{name}", policy.blocked_told_prompt, SAID["prompt"]))
    return tuple(found)


def pattern(prompt: str) -> str:
    """What a prompt says, without case, accents' spelling, marks and spacing.

    >>> pattern("  Like   SONG x!! ")
    'like song x'
    """
    text = unicodedata.normalize("NFKC", prompt).casefold()
    kept = (sign if sign.isalnum() or unicodedata.category(sign).startswith("M") else " " for sign in text)
    return " ".join("".join(kept).split())

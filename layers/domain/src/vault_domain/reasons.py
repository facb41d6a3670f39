"""A reason: why something stands where it stands, for people and for programs."""

from pydantic import Field

from vault_domain.records import Value


class Reason(Value):
    """A stable code and a sentence; ``refs`` name the tracks, hits or sources it rests on."""

    code: str = Field(pattern="^[a-z][a-z0-9_]{1,50}$")
    detail: str = Field(default="", max_length=500)
    refs: tuple[str, ...] = ()

"""Policy changes in the open: each a new version with author and reason, tried first if one likes.

A change names the version it was made from, so that two admins can't overwrite
each other unseen. A trial decides past submissions anew on the evidence on
record, once by the policy in force and once by the proposal, and touches nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field, JsonValue

from vault_domain.control import NOTHING, OwnCatalogue
from vault_domain.decision import decide_submission, holding
from vault_domain.errors import BadRequest, Conflict
from vault_domain.evidence import SourceReport
from vault_domain.policy import SHIPPED, SHIPPED_NUMBER, Policy, PolicyVersion
from vault_domain.reasons import Reason
from vault_domain.records import Value
from vault_domain.trials import Tally

NEVER_WITHOUT = "vault"


class PolicyAsk(Value):
    """The body of POST /policy: the whole new policy, and the version that it was made from."""

    expects: int = Field(ge=1)
    policy: Policy
    reason: str = Field(min_length=10, max_length=1000)


class TrialAsk(Value):
    """The body of POST /policy/trial."""

    policy: Policy


class Changed(Value):
    """One value that a new version changed; ``field`` as in ``thresholds.weak``."""

    field: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True)
class Past:
    """A submission as it was decided: what the sources said, and what it said of itself."""

    track_id: str
    status: str
    reports: tuple[SourceReport, ...]
    flags: tuple[Reason, ...]
    own: OwnCatalogue = NOTHING


def differences(before: Policy, after: Policy) -> tuple[Changed, ...]:
    """Every value that differs, in the order of the policy's fields."""
    old, new = _flat(before.model_dump(mode="json")), _flat(after.model_dump(mode="json"))
    return tuple(Changed(field=name, before=old[name], after=new[name]) for name in old if old[name] != new[name])


def change(
    head: PolicyVersion | None, ask: PolicyAsk, author: str, now: datetime
) -> tuple[PolicyVersion, PolicyVersion, tuple[Changed, ...]]:
    """The next version, the head row that puts it in force, and what it changes.

    Raises ``Conflict`` when it was made from another version or changes nothing,
    ``BadRequest`` for one under which the vault's own index would not be asked.
    """
    number, present = in_force(head)
    if ask.expects != number:
        raise Conflict(f"the policy in force is version {number} by now; look at it and propose again", number=number)
    changes = differences(present, ask.policy)
    if not changes:
        raise Conflict("this is the policy in force already")
    if NEVER_WITHOUT not in ask.policy.required_sources:
        raise BadRequest("the vault's own index is always a required source")
    made = PolicyVersion(number=number + 1, policy=ask.policy, author=author, reason=ask.reason, at=now)
    return made, made.with_changes(is_head=True), changes


def in_force(head: PolicyVersion | None) -> tuple[int, Policy]:
    """The version in force; what ships with the software until somebody changes it."""
    return (head.number, head.policy) if head else (SHIPPED_NUMBER, SHIPPED)


def try_out(
    present: Policy, proposed: Policy, past: Iterable[Past], configured: frozenset[str] = frozenset()
) -> dict[str, JsonValue]:
    """How many past decisions would have come out differently, which, and how."""
    tally = Tally("tracks")
    for one in past:
        flags = holding(one.flags)
        before, after = (
            decide_submission(one.reports, flags, policy, configured, one.own).outcome for policy in (present, proposed)
        )
        tally.count(before, after, track_id=one.track_id, status=one.status)
    return tally.told()


def _flat(values: dict[str, JsonValue], within: str = "") -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for name, value in values.items():
        found |= _flat(value, f"{within}{name}.") if isinstance(value, dict) else {within + name: value}
    return found

"""Who holds an output and what they accepted: gathering, and the three small writes about it."""

from dataclasses import dataclass

from vault_domain.errors import NotFound
from vault_domain.events import Actor, Kind, make_event
from vault_domain.holding import ClaimCode, CodeAsk, HeldOutput, claim, held_by, no_code, offer
from vault_domain.output_licence import Acceptance, AcceptAsk, accept, acceptance_range, whose
from vault_domain.ports import Put, Require
from vault_domain.safety import OutputCheck
from vault_edge.app import Caller, Deps
from vault_edge.output_checks import earlier_checks
from vault_edge.permitting import belonging, owned
from vault_edge.texts import LICENCE, output_licence


@dataclass(frozen=True)
class Held:
    """An output of this caller's: its last check, its holder, what the holder accepted, and the code that decides."""

    check: OutputCheck
    holder: str
    acceptance: Acceptance | None
    code: ClaimCode | None = None

    @property
    def regenerate_url(self) -> str | None:
        """Where another one can be made, if the service said so."""
        return self.code.regenerate_url if self.code else None

    @property
    def unclaimed(self) -> Require:
        """The output is held as it was: nobody made or showed a code for it since."""
        return Require(self.code or no_code(self.check), self.code.version if self.code else 0)


def holder_of(caller: Caller, user_ref: str | None, deps: Deps) -> str:
    """The pseudonym of an account, or of a service's user. Raises ``NotFound`` for a service that names no user."""
    if caller.role == "system" and user_ref is None:
        raise NotFound("say which of your users is meant (user_ref)")
    return pseudonym(caller.id, user_ref if caller.role == "system" else None, deps)


def pseudonym(account: str, user_ref: str | None, deps: Deps) -> str:
    """The holder that an account or a service's user is."""
    return f"usr_{deps.salted(whose(account, user_ref))}"


def acceptance_of(holder: str, deps: Deps) -> Acceptance | None:
    """Their acceptance of the present version."""
    return deps.records.get(Acceptance, holder, acceptance_range(LICENCE))


def held(what: str, output_id: str, caller: Caller, user_ref: str | None, deps: Deps) -> Held:
    """An output that this caller may do ``what`` with for its holder. Raises ``NotFound`` for everybody else's.

    A service acts for the user whom it named with the check, as long as no account claimed the output.
    """
    made, asking = earlier_checks(output_id, deps), holder_of(caller, user_ref, deps)
    code = deps.records.get(ClaimCode, output_id)
    last = made[-1] if made else None
    holds = last is not None and _holder(last, code, deps) == asking
    found = owned(
        what, last, caller, deps, thing="output",
        own=holds and (caller.role != "system" or made[0].service == caller.id),
    )  # fmt: skip
    return Held(found, asking, acceptance_of(asking, deps), code)


def _holder(check: OutputCheck, code: ClaimCode | None, deps: Deps) -> str | None:
    named = pseudonym(check.service, check.user_ref, deps) if check.user_ref is not None else None
    return held_by(code, named)


def accept_licence(ask: AcceptAsk, caller: Caller, deps: Deps) -> Acceptance:
    """Record an acceptance with its event; the first one of a version stays."""
    holder = holder_of(caller, ask.user_ref, deps)
    by = actor_of(caller, holder)
    wanted = accept(holder, ask, LICENCE, output_licence().sha256, by.id, deps.clock())
    before = acceptance_of(holder, deps)
    if before is not None:
        return before
    event = make_event(
        deps.new_id("evt"), Kind.LICENCE_ACCEPTED, holder, by, wanted.at,
        licence=wanted.licence, text_sha256=wanted.text_sha256,
    )  # fmt: skip
    deps.records.commit([Put(wanted, 0)], [event])
    return wanted


def offer_code(output_id: str, ask: CodeAsk, caller: Caller, deps: Deps) -> tuple[ClaimCode, str]:
    """A fresh code for one's own output, and its record."""
    checks = earlier_checks(output_id, deps)
    made = belonging(
        "output.offer", checks or None, checks[0].service if checks else None, caller, deps, thing="output"
    )
    code = deps.new_id("cod")
    wanted = offer(deps.records.get(ClaimCode, output_id), made[-1], ask, code, deps.clock())
    deps.records.commit([Put(wanted, wanted.version)])
    return wanted, code


def claim_output(output_id: str, code: str, caller: Caller, deps: Deps) -> None:
    """Bind an output to the caller's account, once."""
    holder, now = holder_of(caller, None, deps), deps.clock()
    present = deps.records.get(ClaimCode, output_id)
    wanted = claim(present, code, holder, now)
    if present is None or wanted is present:
        return
    check = earlier_checks(output_id, deps)[-1]
    listed = HeldOutput(holder=holder, output_id=output_id, model_id=check.model_id, claimed=now)
    event = make_event(deps.new_id("evt"), Kind.OUTPUT_CLAIMED, output_id, actor_of(caller, holder), now, holder=holder)
    deps.records.commit([Put(wanted, present.version), Put(listed, 0)], [event])


def actor_of(caller: Caller, holder: str) -> Actor:
    """Who did it, for the log. A person stands in these events under the pseudonym: the account's id would undo it."""
    return caller.actor if caller.role == "system" else Actor(id=holder, role=caller.role)

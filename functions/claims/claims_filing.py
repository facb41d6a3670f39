"""Filing, confirming and following a claim: what its author does, with no account and one token."""

from claims_views import ClaimReceipt, ClaimStatus, status_of
from vault_domain.errors import Unavailable
from vault_domain.events import Actor, Kind, make_event
from vault_domain.holds import locks_by_itself
from vault_domain.infringement import Claim, ClaimAsk, ClaimState, confirm, file_claim, known_by, token_name
from vault_domain.messages import Message, Topic, message
from vault_domain.ports import Put
from vault_domain.tracks import Track
from vault_edge.app import Deps
from vault_edge.claiming import IN_VAULT, hold_of, take_hold, track_of
from vault_edge.complaining import ClaimedOutput, output_of, suspend_for
from vault_edge.limiting import count
from vault_edge.output_history import latest_checks
from vault_edge.racing import settled
from vault_edge.reviewing import run_again

ITSELF = Actor(id="fn:claims", role="system")
DAY_S = 86_400


def filed(ask: ClaimAsk, sender: str, deps: Deps) -> ClaimReceipt:
    """1. Rates, by the sender's network address and by the e-mail address. 2. Claim, event and mail in one commit."""
    if deps.optional("MAIL_CONFIGURED") != "true":
        raise Unavailable("mail is not set up here, so no claim can be confirmed; write to the operator")
    now, policy = deps.clock(), deps.policy()
    source = deps.salted(f"email:{ask.email}")
    for name in (f"claim-from#{sender}", f"claim#{source}"):  # 1
        count(deps.records, name, DAY_S, policy.claims_per_source_day, now)
    claim_id = deps.new_id("clm")
    last = next(latest_checks(ask.output_id, deps), None) if ask.output_id else None
    check = last.check if last else None
    claim = file_claim(ask, claim_id, source, deps.salted(token_name(claim_id)), now, policy, check)
    mail = _mailed(claim, Topic.CLAIM_CONFIRM, deps)
    who = Actor(id=claim_id, role="public")
    event = make_event(deps.new_id("evt"), Kind.CLAIM_FILED, claim_id, who, now, capacity=claim.capacity)
    deps.records.commit([Put(claim, 0), Put(mail, 0)], [event])  # 2
    return ClaimReceipt(claim_id=claim_id, confirm_until=claim.due)


def confirmed(claim_id: str, token: str, deps: Deps) -> ClaimStatus:
    """Confirmed, and its track locked, in one commit; then the track is compared with everything once more."""
    claim = settled(lambda: _confirm(claim_id, token, deps))
    track = track_of(claim, deps)
    if track is not None and claim.locks:
        run_again(track, claim_id, deps)
    return status_of(claim)


def followed(claim_id: str, token: str, deps: Deps) -> ClaimStatus:
    """Where it stands."""
    return status_of(known_by(deps.records.get(Claim, claim_id), token))


def _confirm(claim_id: str, token: str, deps: Deps) -> Claim:
    claim = known_by(deps.records.get(Claim, claim_id), token)
    if claim.confirmed is not None:
        return claim
    now, policy, track = deps.clock(), deps.policy(), track_of(claim, deps)
    output = output_of(claim, deps)
    if output is not None and _suspends(output, claim, deps):
        made = confirm(claim, now, policy, locks=True)
        suspend_for(made, output, ITSELF, Kind.CLAIM_CONFIRMED, deps, *_told(made, deps), by_itself=True)
        return made
    if track is not None and _locks(track, claim, deps):
        made = confirm(claim, now, policy, locks=True)
        take_hold(made, track, ITSELF, Kind.CLAIM_CONFIRMED, deps, *_told(made, deps), by_itself=True)
        return made
    made = confirm(claim, now, policy, locks=False)
    who = Actor(id=claim_id, role="public")
    event = make_event(deps.new_id("evt"), Kind.CLAIM_CONFIRMED, claim_id, who, now, locks=False)
    deps.records.commit([Put(made, claim.version), *(Put(one, 0) for one in _told(made, deps))], [event])
    return made


def _locks(track: Track, claim: Claim, deps: Deps) -> bool:
    hold = hold_of(track.track_id, deps)
    return track.status in IN_VAULT and locks_by_itself(hold, claim.source, deps.clock(), deps.policy())


def _suspends(output: ClaimedOutput, claim: Claim, deps: Deps) -> bool:
    """As for a track; an output that was withdrawn has nothing left to suspend."""
    hold, withdrawn = hold_of(output.output_id, deps), output.suspension and output.suspension.state == "withdrawn"
    return not withdrawn and locks_by_itself(hold, claim.source, deps.clock(), deps.policy())


def _told(claim: Claim, deps: Deps) -> tuple[Message, Message]:
    """Its author, and those who will screen it."""
    waits = message(
        "reviewers", Topic.CLAIM_WAITS, claim.claim_id, deps.clock(), until=f"{claim.due:%d %B %Y}",
        state=ClaimState.CONFIRMED.value,
    )  # fmt: skip
    return _mailed(claim, Topic.CLAIM_TAKEN_UP, deps), waits


def _mailed(claim: Claim, topic: Topic, deps: Deps) -> Message:
    secret = token_name(claim.claim_id)
    until = f"{claim.due:%d %B %Y, %H:%M} UTC"
    return message(claim.claim_id, topic, claim.claim_id, deps.clock(), secret=secret, until=until)

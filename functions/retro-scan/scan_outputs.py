"""One page of cleared outputs against new references: a quick look at all, a full comparison of those that it stops.

The quick look searches the new references alone. Its score can only be higher
than that of the full check, which knows the length of the whole index and the
query's rivals in it; so whatever the full check would find, the quick look
stops, and the score that counts is the one that a check made now would give.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from aws_lambda_powertools.logging import Logger
from scan_references import References
from vault_audio.features import Features, unpack
from vault_domain.accounts import Account, ServiceAccount
from vault_domain.errors import BadRequest, Corrupt, NotFound, SourceUnavailable
from vault_domain.events import Actor, Kind, make_event
from vault_domain.evidence import Original, SourceReport
from vault_domain.messages import Message, Topic, message
from vault_domain.policy import Policy, limits_of
from vault_domain.ports import Page, Put
from vault_domain.rechecks import Scan, found_later, looks_at, since
from vault_domain.safety import OutputCheck, event_facts, judged_by, last_standing, on_record
from vault_domain.suspensions import HeldSound, sound_found, sound_key
from vault_edge.app import Deps
from vault_edge.matching import VAULT, Query, Source, report_of
from vault_edge.output_checks import earlier_checks
from vault_edge.racing import settled
from vault_edge.tune_hits import LEAST_SIMILARITY, tune_hits
from vault_index.search import search
from vault_index.shard import Shard

PAGE = 50
READERS = 4
MAX_FEATURES_BYTES = 64 * 2**20


def page(
    at: Scan, found: References, part: Sequence[Shard], actor: Actor, deps: Deps, logger: Logger
) -> tuple[str | None, int, int]:
    """Where to go on, how many outputs were looked at, and how many got a stricter status."""
    rows = rows_at(at, PAGE, deps)
    if looks_at(at) == "block":
        for row in rows.items:
            settled(lambda row=row: _hold(row, found.upheld, deps))  # type: ignore[misc]
        return rows.cursor, 0, 0
    unseen = [row for row in rows.items if row.versions.get(f"snapshot:{found.name}") != found.identity]
    policy, changed = deps.policy(), 0
    with ThreadPoolExecutor(READERS) as pool:
        for row, features in zip(unseen, pool.map(lambda row: _features(row, deps, logger), unseen), strict=True):
            if features is not None and _stops(features, part, judged_by(row, policy)):
                changed += settled(lambda row=row, heard=features: _compare(row, heard, found, actor, deps))  # type: ignore[misc]
    return rows.cursor, len(unseen), changed


def rows_at(at: Scan, limit: int, deps: Deps) -> Page[OutputCheck]:
    """The outputs that come next in a pass."""
    outcome = looks_at(at)
    try:
        return deps.records.find(OutputCheck, "by_outcome", outcome, since=since(at), limit=limit, cursor=at.cursor)
    except BadRequest:  # a cursor of another time: from the start, which does nothing twice
        return deps.records.find(OutputCheck, "by_outcome", outcome, since=since(at), limit=limit)


def _features(row: OutputCheck, deps: Deps, logger: Logger) -> Features | None:
    """What was kept of an output; None where nothing readable was."""
    try:
        if row.features is None:
            raise NotFound("no features were kept")
        data = deps.bucket("outputs").read(row.features.removeprefix("outputs/"), limit=MAX_FEATURES_BYTES)
        return unpack(data)
    except (NotFound, Corrupt) as error:
        logger.warning("an output can't be compared again", extra={"output_id": row.output_id, "code": error.code})
        return None


def _stops(features: Features, part: Sequence[Shard], policy: Policy) -> bool:
    """The quick look: is anything near enough to be worth a full comparison?"""
    least = min(LEAST_SIMILARITY, limits_of(policy, stricter=True).weak / 2)
    best = search(part, features, limit=1)
    if best and best[0].similarity >= least:
        return True
    return any(hit.similarity >= least for hit in tune_hits(features, part, frozenset(), "internal"))


def _compare(row: OutputCheck, features: Features, found: References, actor: Actor, deps: Deps) -> bool:
    """The full comparison with this source, as a check makes it."""
    now = deps.clock()
    query = Query(row.output_id, features, row.audio_sha256, row.chromaprint)
    known = deps.records.get(Original, row.audio_sha256) if found.name == VAULT else None
    source = Source(found.name, found.side, lambda: found.opened)
    report = report_of(query, source, now, known.track_id if known else None)
    if report.status != "checked":
        raise SourceUnavailable(report.reason)
    return recorded(row, report, actor, deps, found.upheld)


def recorded(
    row: OutputCheck, report: SourceReport, actor: Actor, deps: Deps, upheld: frozenset[str] = frozenset()
) -> bool:
    """What one source says now of an output: a stricter status is recorded, told and logged in one commit."""
    made, now = earlier_checks(row.output_id, deps), deps.clock()
    last = last_standing(made)
    if last is None or last.check != row.check:  # checked anew since; that check is on the list itself
        return False
    number, policy = deps.policy_in_force()
    one = found_later(last, report, judged_by(last, policy), number, now)
    if one is None:
        return False
    one = one.with_changes(check=made[-1].check + 1)
    event = make_event(
        deps.new_id("evt"), Kind.OUTPUT_CHECK, one.output_id, actor, now, one.versions,
        **event_facts(one), found_later=True,
    )  # fmt: skip
    changes = [Put(on_record(one, event), 0), *(Put(told, 0) for told in _news(one, now, deps))]
    deps.records.commit([*changes, *_held(one, upheld, deps)], [event])
    return True


def _held(one: OutputCheck, upheld: frozenset[str], deps: Deps) -> list[Put]:
    """Its sound stays blocked, where it copies what no new check would find."""
    copies = [ref for reason in one.reasons for ref in reason.refs if ref in upheld]
    if one.outcome != "block" or not copies:
        return []
    present = deps.records.get(HeldSound, sound_key(one.audio_sha256))
    held = sound_found(present, one.audio_sha256, copies)
    return [Put(held, held.version)] if held is not present else []


def _hold(row: OutputCheck, upheld: frozenset[str], deps: Deps) -> None:
    """What was blocked because of a work that is taken out now stays blocked."""
    held = _held(row, upheld, deps)
    if held:
        deps.records.commit(held)


def _news(one: OutputCheck, now: datetime, deps: Deps) -> list[Message]:
    """The owner of the service, and the user where the service named an account of the vault."""
    service = deps.records.get(ServiceAccount, one.service)
    user = deps.records.get(Account, one.user_ref) if one.user_ref and one.user_ref.startswith("acc_") else None
    readers = dict.fromkeys(account for account in (service and service.owner, user and user.account_id) if account)
    why = " ".join(reason.detail for reason in one.reasons)
    facts = {"outcome": one.outcome, "why": why, "user": one.user_ref or "not named"}
    return [message(who, Topic.OUTPUT_FOUND_LATER, one.output_id, now, one.check, **facts) for who in readers]

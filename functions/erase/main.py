"""erase: what is left of accounts whose owners wanted to be gone: tracks taken back or left nameless, words deleted.

Each pass looks at what still holds something, page by page, and may be cut off
anywhere and repeated. A pass that finds nothing, once no old token can write
any more, ends the erasure. A run gives every erasure its turn, and those that
go on another, until its time is over; the next run begins with those that
waited longest.
"""

from collections import deque
from datetime import datetime, timedelta

from erase_acts import ACTS, Gone
from vault_domain.canonical import Json
from vault_domain.erasure import OPEN, Erasure
from vault_domain.erasure_turns import STEPS, Turn, begun, in_turn, is_over, went_on
from vault_domain.errors import BadRequest, VaultError
from vault_domain.ports import Delete, Put, every
from vault_edge.app import App, Deps
from vault_edge.problems import describe

app = App("erase")
AT_MOST = timedelta(seconds=240)
"""No page begins later than this; the next run goes on."""
A_TURN = timedelta(seconds=30)
"""Nor does a page of one erasure, while others wait."""


@app.step
def erase(_: Json, deps: Deps) -> Json:
    """Turns for every erasure that is under way; one that fails or takes long does not keep others from theirs."""
    until = deps.clock() + AT_MOST
    turns = every(lambda at: deps.records.list(Turn, OPEN, cursor=at))
    waiting = deque(in_turn(every(lambda at: deps.records.list(Erasure, OPEN, cursor=at)), turns))
    under_way, ended = len(waiting), 0
    while waiting and deps.clock() < until:
        erasure, before = waiting.popleft()
        after = _attempt(erasure, before, min(until, deps.clock() + A_TURN), deps)
        if after is not None and after.passing:
            waiting.append((erasure, after))
        ended += after is not None and is_over(after)
    return {"under_way": under_way, "ended": ended}


def _attempt(erasure: Erasure, before: Turn, until: datetime, deps: Deps) -> Turn | None:
    """How far the erasure is after its turn; None where it failed."""
    try:
        return _turn(erasure, before, until, deps)
    except VaultError as error:
        app.logger.warning("an erasure goes on later", extra={"account": erasure.account_id, "code": error.code})
    except Exception as error:  # of any kind, and without its message, which may quote what is to be erased
        told = {key: said for key, said in describe(error).items() if key != "error_message"}
        app.logger.error("an erasure failed", extra={"account": erasure.account_id, **told})
    return None


def _turn(erasure: Erasure, before: Turn, until: datetime, deps: Deps) -> Turn:
    """Page by page to the end of the pass or of the turn."""
    turn = _kept(begun(before, erasure, deps.clock()), deps)
    while turn.passing:
        further = went_on(turn, *_page(erasure, turn, deps))
        if is_over(further):
            deps.records.commit([Delete(erasure, erasure.version), Delete(further, turn.version)])
            return further
        cut = deps.clock() >= until
        turn = _kept(further, deps) if further.cursor is not None or cut or not further.passing else further
        if cut:
            break
    return turn


def _page(erasure: Erasure, turn: Turn, deps: Deps) -> Gone:
    act = ACTS[STEPS[turn.step]]
    try:
        return act(erasure, turn.whole, turn.cursor, deps)
    except BadRequest:
        if turn.cursor is None:
            raise
        return act(erasure, turn.whole, None, deps)  # no place of this listing any more: from its start


def _kept(turn: Turn, deps: Deps) -> Turn:
    deps.records.commit([Put(turn, turn.version)])
    return turn.with_changes(version=turn.version + 1)


handler, http = app.lambda_entry(), app.http_entry()

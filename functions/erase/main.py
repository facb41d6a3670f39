"""erase: what is left of accounts whose owners wanted to be gone: tracks taken back or left nameless, words deleted.

Each pass looks at everything again and changes only what still holds something,
so it may be cut off anywhere and repeated. A pass that finds nothing, once no old
token can write any more, ends the erasure.
"""

from erase_acts import clear_track, strip_answers, strip_beside, strip_holdings, strip_uploads
from vault_domain.canonical import Json
from vault_domain.erasure import OPEN, Erasure, is_over
from vault_domain.errors import VaultError
from vault_domain.ports import Delete, every
from vault_domain.tracks import Track
from vault_edge.app import App, Deps
from vault_edge.problems import describe
from vault_edge.racing import settled

app = App("erase")
PAGE = 200


@app.step
def erase(_: Json, deps: Deps) -> Json:
    """One pass over every erasure that is under way; one that fails does not keep others from theirs."""
    under_way = list(every(lambda at: deps.records.list(Erasure, OPEN, cursor=at)))
    return {"under_way": len(under_way), "ended": sum(_attempt(one, deps) for one in under_way)}


def _attempt(erasure: Erasure, deps: Deps) -> bool:
    try:
        waiting = _pass(erasure, deps)
        if is_over(erasure, waiting, deps.clock()):
            deps.records.commit([Delete(erasure, erasure.version)])
            return True
    except VaultError as error:
        app.logger.warning("an erasure goes on later", extra={"account": erasure.account_id, "code": error.code})
    except Exception as error:  # of any kind, and without its message, which may quote what is to be erased
        told = {key: said for key, said in describe(error).items() if key != "error_message"}
        app.logger.error("an erasure failed", extra={"account": erasure.account_id, **told})
    return False


def _pass(erasure: Erasure, deps: Deps) -> int:
    """How many tracks and answers have to wait for the end of a claim."""
    waiting = 0
    for track in _tracks(erasure.account_id, deps):
        waiting += not settled(lambda track_id=track.track_id: clear_track(track_id, erasure, deps))  # type: ignore[misc]
    strip_uploads(erasure.account_id, deps)
    strip_beside(erasure.account_id, deps)
    strip_holdings(erasure.account_id, deps)
    return waiting + strip_answers(erasure.account_id, deps)


def _tracks(owner: str, deps: Deps) -> list[Track]:
    return list(every(lambda at: deps.records.find(Track, "by_owner", owner, limit=PAGE, cursor=at)))


handler, http = app.lambda_entry(), app.http_entry()

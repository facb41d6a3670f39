"""witness: show the published log to those who watch it, and keep what they sign.

It runs on a clock of its own, under a role of its own, and touches nothing that
the sequencer needs: a witness that is slow, down or wrong delays no event. What
it keeps is one object, the newest checkpoint that somebody has signed, with all
their lines; readers prefer it where it holds what they prove.
"""

from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel
from vault_domain.canonical import Json
from vault_domain.errors import NotFound
from vault_domain.witnesses import parse_witnesses, size_of
from vault_edge.app import App, Deps
from vault_edge.proving import log_key
from vault_store.log_reader import LogReader
from vault_store.witnessed import add_lines, witnessed
from witness_asking import Asked, ask_one

app = App("witness")

AT_ONCE = 8


class WitnessAsk(BaseModel):
    """A schedule's event: nothing in it matters."""


@app.step
def show(ask: WitnessAsk, deps: Deps) -> Json:
    """Ask every configured witness that has not signed the newest checkpoint yet; keep all lines in one write."""
    witnesses, objects = parse_witnesses(deps.optional("WITNESSES") or ""), deps.bucket("log")
    if not witnesses:
        return {"outcome": "none configured"}
    try:
        note, key = LogReader(objects).checkpoint(), log_key(deps)
    except NotFound:
        return {"outcome": "nothing to show"}
    before, _ = witnessed(objects)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = list(pool.map(lambda one: ask_one(one, note, before, key, LogReader(objects)), witnesses))
    for one in asked:
        _tell(one)
    lines = [one.line for one in asked if one.line]
    kept = add_lines(objects, note, lines) if lines else before
    return {
        "outcome": "asked",
        "size": size_of(note),
        "witnessed": size_of(kept) if kept else 0,
        "witnesses": {one.name: one.said for one in asked},
    }


def _tell(asked: Asked) -> None:
    """A witness that contradicts the log is a matter for people: it has seen another history, or lost its own."""
    if asked.said in ("inconsistent", "ahead"):
        app.logger.error("a witness contradicts the log", extra={"witness": asked.name, "said": asked.said})
    elif not asked.line:
        app.logger.warning("a witness did not sign", extra={"witness": asked.name, "said": asked.said})


handler, http = app.lambda_entry(), app.http_entry()

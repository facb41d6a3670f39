"""bulk: who holds how much of the vault, who seems to belong together, and what governance decided about it."""

from bulk_views import Bulk, Decision, Page, shown, told
from vault_domain.accounts import Account
from vault_domain.bulk import ALL, BulkAsk, BulkDecision, bulk_key
from vault_domain.errors import NotFound
from vault_domain.events import Kind, make_event
from vault_domain.ids import AccountId
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_edge.app import App, Caller, Deps, Query
from vault_edge.permitting import enforce
from vault_edge.racing import settled

app = App("bulk")


@app.get("/bulk", role=roles("bulk.read"))
def show(page: Query[Page], caller: Caller, deps: Deps) -> Bulk:
    """Who holds how much: the largest accounts first, with what waits for a decision; all of them, by pages."""
    return shown(page, deps)


@app.post("/bulk/{account_id}", role=roles("bulk.decide"))
def decide(account_id: AccountId, ask: BulkAsk, caller: Caller, deps: Deps) -> Decision:
    """Approve more tracks of an account for training, or hold all of them; it counts at the next read."""
    return settled(lambda: _decide(account_id, ask, caller, deps))


def _decide(account_id: str, ask: BulkAsk, caller: Caller, deps: Deps) -> Decision:
    enforce("bulk.decide", caller, deps, own=account_id == caller.id, thing="account")
    if deps.records.get(Account, account_id) is None:
        raise NotFound("no such account")
    present = deps.records.get(BulkDecision, ALL, bulk_key(account_id))
    said = (ask.outcome, ask.up_to, ask.reason)
    if present is not None and (present.outcome, present.up_to, present.reason) == said:
        return told(present)
    now = deps.clock()
    made = BulkDecision(account_id=account_id, **ask.model_dump(), by=caller.id, at=now)
    event = make_event(
        deps.new_id("evt"), Kind.BULK_DECIDED, account_id, caller.actor, now, outcome=ask.outcome, up_to=ask.up_to
    )
    deps.records.commit([Put(made, present.version if present else 0)], [event])
    return told(made)


handler, http = app.lambda_entry(), app.http_entry()

"""control: a contributor shows that a release which the checks found is theirs; a reviewer looks and records it."""

from pydantic import BaseModel, Field
from vault_domain.control import (
    OPEN,
    VERIFIED,
    ControlAsk,
    ControlProof,
    OpenControl,
    RecordAsk,
    VerifiedControl,
    WithdrawAsk,
    code_of,
    is_open,
    open_proof,
    record,
    withdraw,
)
from vault_domain.errors import NotFound
from vault_domain.events import AuditEvent, Kind, make_event
from vault_domain.ids import AccountId, ControlId
from vault_domain.permissions import roles
from vault_domain.ports import Change, Delete, Put
from vault_domain.records import UtcTime
from vault_edge.app import App, Caller, Deps, Query
from vault_edge.permitting import belonging, enforce
from vault_edge.racing import settled

app = App("control")


class Proof(BaseModel):
    """One proof of control."""

    control_id: str
    account_id: str
    artist: str
    release: str
    refs: list[str]
    code: str = Field(description="To be put into the public description of the release")
    state: str = Field(description="open, verified, not_found, withdrawn, or expired")
    opened: UtcTime
    expires: UtcTime
    recorded: UtcTime | None
    where: str
    note: str


class Proofs(BaseModel):
    """Proofs, oldest first."""

    proofs: list[Proof]
    cursor: str | None


class Page(BaseModel):
    """Which part of a listing."""

    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)


@app.post("/control", role=roles("control.open"), status=201, also=(429,))
def begin(ask: ControlAsk, caller: Caller, deps: Deps) -> Proof:
    """Get a code to put into the public description of a release of yours. The same ask while it waits is one."""
    return _shown(settled(lambda: _begin(ask, caller, deps)), deps)


@app.get("/control", role=roles("control.open"))
def mine(page: Query[Page], caller: Caller, deps: Deps) -> Proofs:
    """Your proofs, and what became of them."""
    found = deps.records.list(ControlProof, caller.id, limit=page.limit, cursor=page.cursor)
    return Proofs(proofs=[_shown(proof, deps) for proof in found.items], cursor=found.cursor)


@app.get("/control/open", role=roles("control.queue"))
def waiting(page: Query[Page], caller: Caller, deps: Deps) -> Proofs:
    """Proofs of others that wait for somebody to look."""
    found = deps.records.list(OpenControl, OPEN, limit=page.limit, cursor=page.cursor)
    proofs = [_proof(row.account_id, row.control_id, deps) for row in found.items if row.account_id != caller.id]
    open_ones = [_shown(proof, deps) for proof in proofs if is_open(proof, deps.clock())]
    return Proofs(proofs=open_ones, cursor=found.cursor)


@app.get("/control/verified", role=roles("control.verified"))
def verified(page: Query[Page], deps: Deps) -> Proofs:
    """Proofs that count at present; any of them can be withdrawn."""
    found = deps.records.list(VerifiedControl, VERIFIED, limit=page.limit, cursor=page.cursor)
    proofs = [deps.records.get(ControlProof, row.account_id, _range(row.control_id)) for row in found.items]
    return Proofs(proofs=[_shown(proof, deps) for proof in proofs if proof is not None], cursor=found.cursor)


@app.post("/control/{control_id}/record", role=roles("control.record"), also=(410,))
def look(control_id: ControlId, ask: RecordAsk, caller: Caller, deps: Deps) -> Proof:
    """Record whether the code stands where the contributor said, and where you saw it."""
    return _shown(settled(lambda: _look(control_id, ask, caller, deps)), deps)


@app.post("/control/{account_id}/{control_id}/withdraw", role=roles("control.withdraw"))
def undo(account_id: AccountId, control_id: ControlId, ask: WithdrawAsk, caller: Caller, deps: Deps) -> Proof:
    """Let a verified proof count no more, from the next decision on."""
    return _shown(settled(lambda: _undo(account_id, control_id, ask, caller, deps)), deps)


def _begin(ask: ControlAsk, caller: Caller, deps: Deps) -> ControlProof:
    present, now = deps.records.list(ControlProof, caller.id).items, deps.clock()
    for proof in present:
        if is_open(proof, now) and (proof.artist, proof.release, proof.refs) == (ask.artist, ask.release, ask.refs):
            return proof
    control_id = deps.new_id("ctl")
    made = open_proof(present, caller.id, ask, control_id, code_of(deps.salted(f"control:{control_id}")), now)
    row = OpenControl(control_id=control_id, account_id=caller.id, expires=made.expires)
    deps.records.commit([Put(made, 0), Put(row, 0)], [_event(Kind.CONTROL_OPENED, made, caller, deps)])
    return made


def _look(control_id: str, ask: RecordAsk, caller: Caller, deps: Deps) -> ControlProof:
    row = deps.records.get(OpenControl, OPEN, f"{OpenControl.kind}#{control_id}")
    owner = row.account_id if row else None
    row = belonging("control.record", row, owner, caller, deps, thing="waiting proof")
    proof = _proof(row.account_id, control_id, deps)
    state = "verified" if ask.found else "not_found"
    if (proof.recorded_by, proof.state, proof.where, proof.note) == (caller.id, state, ask.where, ask.note):
        return proof
    made = record(proof, caller.id, ask, deps.clock())
    listed = VerifiedControl(control_id=control_id, account_id=proof.account_id)
    return _commit(proof, made, caller, deps, *([Put(listed, 0)] if made.state == "verified" else []))


def _undo(account_id: str, control_id: str, ask: WithdrawAsk, caller: Caller, deps: Deps) -> ControlProof:
    enforce("control.withdraw", caller, deps, own=account_id == caller.id, thing="proof")
    proof = _proof(account_id, control_id, deps)
    if (proof.state, proof.note) == ("withdrawn", ask.reason):
        return proof
    made = withdraw(proof, caller.id, ask.reason, deps.clock())
    listed = deps.records.get(VerifiedControl, VERIFIED, f"{VerifiedControl.kind}#{control_id}")
    return _commit(proof, made, caller, deps, *([Delete(listed, listed.version)] if listed else []))


def _commit(before: ControlProof, made: ControlProof, caller: Caller, deps: Deps, *also: Change) -> ControlProof:
    event = _event(Kind.CONTROL_RECORDED, made, caller, deps)
    deps.records.commit([Put(made, before.version), *also], [event])
    return made


def _proof(account_id: str, control_id: str, deps: Deps) -> ControlProof:
    found = deps.records.get(ControlProof, account_id, _range(control_id))
    if found is None:
        raise NotFound("no such proof")
    return found


def _range(control_id: str) -> str:
    return f"{ControlProof.kind}#{control_id}"


def _event(kind: Kind, proof: ControlProof, caller: Caller, deps: Deps) -> AuditEvent:
    """Without artist, release and words, which name people."""
    return make_event(
        deps.new_id("evt"), kind, proof.account_id, caller.actor, deps.clock(),
        control=proof.control_id, state=proof.state, refs=len(proof.refs),
    )  # fmt: skip


def _shown(proof: ControlProof, deps: Deps) -> Proof:
    over = proof.state == "open" and not is_open(proof, deps.clock())
    told = proof.model_dump(exclude={"version", "recorded_by", "state", "refs"})
    return Proof(**told, refs=list(proof.refs), state="expired" if over else proof.state)


handler, http = app.lambda_entry(), app.http_entry()

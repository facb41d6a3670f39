"""sweep: find what is stuck, overdue or past its retention, and set it right; keep the statistics.

A plan is made first and carried out after; a dry run stops in between. Each
instruction is checked against the present state just before it is carried out,
so two sweeps at once, or one that was cut off, do no harm.
"""

from dataclasses import asdict
from datetime import timedelta

from pydantic import BaseModel
from sweep_acts import carry_out
from sweep_claims import carry_out_claim, see_claims
from sweep_disputes import carry_out_lapse, plan_disputes
from sweep_models import count_checks
from sweep_parking import ParkAsk, park
from sweep_sight import see_removed, see_uploads
from sweep_statistics import count_changes
from vault_domain.canonical import Json
from vault_domain.claim_sweeping import ClaimInstruction, plan_claim
from vault_domain.errors import VaultError
from vault_domain.sweeping import Instruction, LapseDispute, plan_removed, plan_upload
from vault_edge.app import App, Deps

app = App("sweep")
Anything = Instruction | ClaimInstruction | LapseDispute
MOST = 500
"""Instructions of one run: the next one goes on."""


class SweepAsk(BaseModel):
    """A schedule's event is empty; ``park`` comes from the state machine.

    ``now``: nothing can be running, so nothing is given time, and removed tracks
    of all times are looked at; ``dry_run``: say what would be done.
    """

    park: ParkAsk | None = None
    now: bool = False
    dry_run: bool = False


@app.step
def sweep(ask: SweepAsk, deps: Deps) -> Json:
    """Park one upload, or look after all of them."""
    if ask.park is not None:
        return park(ask.park, deps)
    policy, now = deps.policy(), deps.clock()
    patience = timedelta(0) if ask.now else timedelta(seconds=policy.stuck_after_s)
    plan: list[Anything] = []
    for seen in see_uploads(deps, now, patience):
        instruction = plan_upload(seen, policy, now, patience)
        plan += [instruction] if instruction else []
    for removed in see_removed(deps, policy, now, everything=ask.now):
        plan += plan_removed(removed, policy, now)
    plan += plan_disputes(deps, policy, now)
    for claimed in see_claims(deps, now):
        due = plan_claim(claimed, policy, now)
        plan += [due] if due else []
    if ask.dry_run:
        return {"plan": [_shown(instruction) for instruction in plan], "done": 0}
    outcomes = [_attempt(instruction, deps, patience) for instruction in plan[:MOST]]
    done = [_shown(instruction) for instruction, outcome in zip(plan, outcomes, strict=False) if outcome == "done"]
    failed = sum(outcome == "failed" for outcome in outcomes)
    counted = count_changes(deps, now)
    checks = count_checks(deps, now)
    shown = [_shown(instruction) for instruction in plan]
    return {"plan": shown, "done": len(done), "failed": failed, "counted": counted, "checks": checks}


def _attempt(instruction: Anything, deps: Deps, patience: timedelta) -> str:
    """One instruction must not keep the others from being carried out; its fault is logged and met again."""
    try:
        if isinstance(instruction, LapseDispute):
            return "done" if carry_out_lapse(instruction, deps) else "overtaken"
        if isinstance(instruction, ClaimInstruction):
            return "done" if carry_out_claim(instruction, deps) else "overtaken"
        return "done" if carry_out(instruction, deps, patience) else "overtaken"
    except VaultError as error:
        app.logger.warning("not carried out", extra={"instruction": _shown(instruction), "code": error.code})
        return "failed"


def _shown(instruction: Anything) -> Json:
    return {"do": type(instruction).__name__, **asdict(instruction)}


handler, http = app.lambda_entry(), app.http_entry()

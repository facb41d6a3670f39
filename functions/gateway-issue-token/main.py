"""gateway-issue-token: what a training run may read, decided here, recorded, and only then signed."""

from datetime import timedelta

from issue_canaries import offered, planted
from vault_domain import runs
from vault_domain.canaries import CanaryAsk, OfferAsk
from vault_domain.ids import RunId
from vault_domain.leases import MAIN, LeaseAsk, check_training_open
from vault_domain.permissions import roles
from vault_domain.training import MANIFEST_NAME, CompleteAsk, DataSpec, TrainingRun
from vault_edge import grants, leasing
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.canaries import all_canaries
from vault_edge.closing import close
from vault_edge.permitting import belonging
from vault_edge.racing import settled
from vault_edge.receipts import KEY_PURPOSE, signed_receipt
from vault_edge.run_tokens import run_token
from vault_edge.tokens import publish_key

app = App("gateway-issue-token")


@app.post("/training/tokens", role="system", scope="training", status=201, also=(404, 410))
def issue(spec: DataSpec, caller: Caller, deps: Deps) -> Json:
    """Open a run, or ask again for an open one: a signed manifest and a run token.

    1. Packs on record whose licences allow this, together. 2. A run id belongs to one job and one request.
    3. Tracks of the packs that match, accepted and allowed for the purpose by their rights now. 4. Record run,
    granted tracks, lease and events. 5. Sign.
    """
    policy = deps.policy()
    check_training_open(policy)
    packs = grants.licensed_packs(deps, spec)
    run = deps.records.get(TrainingRun, spec.run_id)
    life = timedelta(seconds=policy.grant_life_s)
    if run is None or run.state == "opening":
        run, entries = grants.open_run(deps, run, spec, packs, caller.actor, life)
    else:
        run, entries = grants.renew(deps, run, spec, caller.actor, life)
    lease = leasing.held(deps, run, MAIN, caller.actor)
    manifest = signed_receipt(MANIFEST_NAME, runs.manifest_document(run, entries), deps)
    return {"run": _view(run), "manifest": manifest, **_leased(lease, deps)}


@app.post("/training/runs/{run_id}/leases", role="system", scope="training", status=201, also=(410, 429))
def lease(run_id: RunId, ask: LeaseAsk, caller: Caller, deps: Deps) -> Json:
    """Open or renew a worker's lease on an open run: its token, and which tracks to leave out by now and why.

    Refused with `expired` when the run's time is over, `revoked` when nothing of it is left, `policy` when training
    is stopped, `licence` when a pack of the run may not be used like that any more.
    """
    run = _own(run_id, caller, deps)
    grants.licensed_packs(deps, run.spec)
    return _leased(leasing.renewed(deps, run.run_id, ask.worker, caller.actor), deps)


@app.get("/training/runs/{run_id}", role="system", scope="training")
def show(run_id: RunId, caller: Caller, deps: Deps) -> Json:
    """One run of this job."""
    return _view(_own(run_id, caller, deps))


@app.post("/training/runs/{run_id}/complete", role="system", scope="training", max_body=3 * 2**20, also=(410,))
def complete(run_id: RunId, ask: CompleteAsk, caller: Caller, deps: Deps) -> Json:
    """End a run: its token opens nothing any more. What the job says it used is compared with its grant."""
    return _view(settled(lambda: close(deps, _own(run_id, caller, deps), ask, caller.actor)))


@app.post("/training/canaries/offers", role=roles("training.decoy"), also=(404,))
def offer(ask: OfferAsk, caller: Caller, deps: Deps) -> Json:
    """Say that tracks of yours may be planted as canaries; the log is told nothing.

    For an account that never had another role: the log tells of those, and its tracks would be known.
    """
    return settled(lambda: offered(ask, caller, deps))


@app.post("/training/canaries", role=roles("training.canary"), status=201, also=(404,))
def plant(ask: CanaryAsk, caller: Caller, deps: Deps) -> Json:
    """Reserve tracks that their owner offered for one run that has not begun, so that a copy which gets out names it.

    Keep the nonce: with it the log's commitment shows when they were planted.
    """
    return planted(ask, caller, deps)


@app.get("/training/canaries", role=roles("training.canary"))
def canaries(deps: Deps) -> Json:
    """Which track is which run's canary."""
    return {"canaries": [one.model_dump(mode="json", exclude={"version"}) for one in all_canaries(deps.records)]}


def _leased(found: leasing.Renewed, deps: Deps) -> Json:
    """Recorded before it is signed."""
    signer = deps.signer(KEY_PURPOSE)
    publish_key(signer, KEY_PURPOSE, deps.records, deps.clock())
    return {
        "token": run_token(signer, found.run, found.lease),
        "lease": found.lease.model_dump(mode="json", include={"worker", "opened", "renewed", "expires"}),
        "dropped": [one.model_dump() for one in found.dropped],
    }


def _own(run_id: str, caller: Caller, deps: Deps) -> TrainingRun:
    run = deps.records.get(TrainingRun, run_id)
    return belonging("training.run", run, run.job if run else None, caller, deps, thing="run")


def _view(run: TrainingRun) -> Json:
    return run.model_dump(mode="json", exclude={"version"})


handler, http = app.lambda_entry(), app.http_entry()

"""model-registry: which versions of which models exist, what they were trained on, and how stale they have become.

A version is registered once, over runs that have ended; what it says is signed, and the hash of the signed
statement enters the log in the same transaction. How stale it is, is worked out from the rights of this moment.
"""

from typing import Annotated

from pydantic import BaseModel, Field
from registry_audits import audited
from registry_figures import ModelFigures, ModelsChecked, checks_of, figures_of
from registry_names import require_free
from registry_views import ModelList, ModelView, ReleaseView, VersionView, model_view, release_view, version_view
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Conflict, LostRace, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.ids import ModelId, VersionName
from vault_domain.lineage import MODELS, Model, ModelTrainingRun, ModelVersion, VersionAsk, check_runs, statement
from vault_domain.model_figures import MODELS as MODELS_CHECKED
from vault_domain.model_figures import ModelSum
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_domain.release_gate import MAX_AUDIT_BYTES, AuditAsk
from vault_edge.app import App, Caller, Deps, Query
from vault_edge.lineage import versions_of
from vault_edge.racing import settled
from vault_edge.receipts import KEY_PURPOSE
from vault_edge.tokens import publish_key
from vault_store.dsse import seal_statement

app = App("model-registry")


class ListAsk(BaseModel):
    """Which part of the list, by model id."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


@app.get("/models", role=roles("model.read"), scope="training")
def listed(ask: Query[ListAsk], deps: Deps) -> ModelList:
    """Every registered model."""
    page = deps.records.find(Model, "by_model", MODELS, limit=ask.limit, cursor=ask.cursor)
    return ModelList(models=tuple(model_view(one) for one in page.items), cursor=page.cursor)


@app.get("/models/{model_id}", role=roles("model.read"), scope="training")
def show(model_id: ModelId, deps: Deps) -> ModelView:
    """A model and its versions."""
    model = deps.records.get(Model, f"model#{model_id}")
    if model is None:
        raise NotFound("no such model")
    return model_view(model, tuple(one.model_version for one in versions_of(deps.records, model_id)))


@app.get("/models/{model_id}/versions/{model_version}", role=roles("model.read"), scope="training")
def show_version(model_id: ModelId, model_version: VersionName, caller: Caller, deps: Deps) -> VersionView:
    """A version: its runs and packs, what was taken back since, and what it may be used for.

    The ids of tracks that were taken back are shown to admins and to the job that trained on them.
    """
    version = deps.records.get(ModelVersion, f"model#{model_id}", f"{ModelVersion.kind}#{model_version}")
    if version is None:
        raise NotFound("no such version")
    return version_view(version, deps, with_ids=caller.role == "admin" or caller.id == version.owner)


@app.get("/safety/models", role=roles("safety.figures"))
def models_checked(ask: Query[ListAsk], deps: Deps) -> ModelsChecked:
    """Every model whose outputs were checked, registered or not, with what the checks came to."""
    page = deps.records.list(ModelSum, MODELS_CHECKED, limit=ask.limit, cursor=ask.cursor)
    return ModelsChecked(models=[checks_of(one) for one in page.items], cursor=page.cursor)


@app.get("/safety/models/{model_id}", role=roles("safety.figures"))
def model_checked(model_id: ModelId, deps: Deps) -> ModelFigures:
    """The checks of a model's outputs by day, and the tracks that they came too close to."""
    found = deps.records.get(ModelSum, MODELS_CHECKED, f"{ModelSum.kind}#{model_id}")
    if found is None:
        raise NotFound("no output of such a model was checked, or it was not counted yet")
    return figures_of(found, deps)


@app.post("/models/{model_id}/versions", role=roles("model.register"), scope="training", status=201)
def register(model_id: ModelId, ask: VersionAsk, caller: Caller, deps: Deps) -> VersionView:
    """Register a version made by your own runs, the last of which ended with these weights.

    1. The model is new, or yours. 2. Its runs are yours, completed, for this model; a new one is not what others call
    theirs: no output of somebody else was checked under its name before the runs began. 3. The statement is signed.
    4. Model, version and event in one commit. The same request again gives the same version.
    """
    try:
        version = _register(model_id, ask, caller, deps)
    except LostRace:  # somebody registered it at this moment: the second look says what
        version = _register(model_id, ask, caller, deps)
    return version_view(version, deps, with_ids=True)


@app.post(
    "/models/{model_id}/versions/{model_version}/audits", role=roles("model.audit"), scope="training",
    max_body=MAX_AUDIT_BYTES,
)  # fmt: skip
def audit(model_id: ModelId, model_version: VersionName, ask: AuditAsk, caller: Caller, deps: Deps) -> ReleaseView:
    """Put a version of yours to the release gate, with outputs of it that were checked since it was registered.

    1. Their checks are read here; what they found is counted, not what you say of it. 2. The policy's limit against
    an upper bound of the rate of extraction. 3. The version's state and the event in one commit. A version that
    passed is blocked again when a later audit fails.
    """
    return release_view(settled(lambda: audited(model_id, model_version, ask, caller, deps)))


def _register(model_id: str, ask: VersionAsk, caller: Caller, deps: Deps) -> ModelVersion:
    model = deps.records.get(Model, f"model#{model_id}")  # 1
    if model is not None and model.owner != caller.id:
        raise Conflict("this model id is taken; choose another")
    present = deps.records.get(ModelVersion, f"model#{model_id}", f"{ModelVersion.kind}#{ask.model_version}")
    if present is not None:
        if (present.runs, present.weights_sha256) != (ask.runs, ask.weights_sha256):
            raise Conflict("this version was registered with other runs or weights; choose another version")
        return present
    found = [deps.records.get(ModelTrainingRun, run_id) for run_id in ask.runs]  # 2
    check_runs(model_id, caller.id, ask, found)
    runs = [run for run in found if run is not None]
    if model is None:
        require_free(model_id, caller, runs, deps)
    now, signer = deps.clock(), deps.signer(KEY_PURPOSE)
    publish_key(signer, KEY_PURPOSE, deps.records, now)
    envelope = seal_statement(statement(model_id, ask, runs), signer).to_bytes()  # 3
    version = ModelVersion(
        model_id=model_id,
        model_version=ask.model_version,
        owner=caller.id,
        weights_sha256=ask.weights_sha256,
        runs=ask.runs,
        packs=tuple(sorted({pack for run in runs for pack in run.spec.packs})),
        purposes=tuple(sorted({run.spec.purpose for run in runs})),
        trained=max(run.ended for run in runs),
        registered=now,
        statement=envelope.decode("utf-8"),
        statement_sha256=sha256_hex(envelope),
    )
    event = make_event(
        deps.new_id("evt"), Kind.MODEL_REGISTERED, model_id, caller.actor, now,
        model_version=ask.model_version, weights_sha256=ask.weights_sha256, runs=list(ask.runs),
        packs=list(version.packs), statement_sha256=version.statement_sha256,
    )  # fmt: skip
    new = [] if model else [_new_model(model_id, ask, caller, runs[-1], deps)]
    deps.records.commit([*new, Put(version, 0)], [event])  # 4
    return version


def _new_model(model_id: str, ask: VersionAsk, caller: Caller, last: ModelTrainingRun, deps: Deps) -> Put:
    model = Model(
        model_id=model_id,
        owner=caller.id,
        title=ask.title or model_id,
        model_type=last.spec.model_type,
        created=deps.clock(),
    )
    return Put(model, 0)


handler, http = app.lambda_entry(), app.http_entry()

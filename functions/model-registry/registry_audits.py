"""The release gate: the vault's own checks of a version's outputs, counted and decided."""

from vault_domain.events import Kind, make_event
from vault_domain.lineage import ModelVersion
from vault_domain.ports import Put
from vault_domain.release_gate import AuditAsk, Release, after, judge_audit, release_key
from vault_domain.safety import OutputCheck
from vault_edge.app import Caller, Deps
from vault_edge.canaries import all_canaries
from vault_edge.output_history import earlier_checks
from vault_edge.permitting import belonging


def audited(model_id: str, model_version: str, ask: AuditAsk, caller: Caller, deps: Deps) -> Release:
    """Count, decide, record. The same outputs with the same checks again are the same audit."""
    named = deps.records.get(ModelVersion, f"model#{model_id}", f"{ModelVersion.kind}#{model_version}")
    version = belonging("model.audit", named, named.owner if named else None, caller, deps, thing="version")
    number, policy = deps.policy_in_force()
    now, found = deps.clock(), _last_checks([one.output_id for one in ask.outputs], deps)
    planted = frozenset(one.track_id for one in all_canaries(deps.records) if one.run_id in version.runs)
    made = judge_audit(ask, found, model_id, version.registered, policy, number, now, planted, model_version)
    present = deps.records.get(Release, *release_key(model_id, model_version))
    if present is not None and present.last == made.model_copy(update={"at": present.last.at}):
        return present
    stands = after(present, model_id, model_version, made)
    facts = made.model_dump(mode="json", include={
        "passed", "outputs", "extracted", "rate", "upper_bound", "confidence", "limit", "outputs_sha256", "counted",
    })  # fmt: skip
    event = make_event(
        deps.new_id("evt"), Kind.MODEL_AUDITED, model_id, caller.actor, now, {"policy": str(number)},
        model_version=model_version, weights_sha256=version.weights_sha256, **facts,
    )  # fmt: skip
    deps.records.commit([Put(stands, present.version if present else 0)], [event])
    return stands


def _last_checks(output_ids: list[str], deps: Deps) -> list[OutputCheck | None]:
    """The last check of each output: most have one, so the first two of all are read together."""
    keys = [(name, f"{OutputCheck.kind}#{number:06d}") for name in output_ids for number in (1, 2)]
    read = deps.records.get_many(OutputCheck, keys)
    pairs = zip(output_ids, read[0::2], read[1::2], strict=True)
    return [earlier_checks(name, deps)[-1] if second is not None else first for name, first, second in pairs]

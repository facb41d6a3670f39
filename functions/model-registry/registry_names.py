"""Whether a model's name is there to be registered: who had outputs checked under it, and who stands behind them."""

from collections.abc import Iterable

from vault_domain.accounts import ServiceAccount
from vault_domain.lineage import ModelTrainingRun
from vault_domain.model_names import ModelUse, require_own, use_key
from vault_domain.ports import every
from vault_edge.app import Caller, Deps


def require_free(model_id: str, caller: Caller, runs: Iterable[ModelTrainingRun], deps: Deps) -> None:
    """Raise ``Conflict`` for a name under which others' outputs were checked before these runs began."""
    began = min(run.started for run in runs)
    where, _ = use_key(model_id, "")
    uses = tuple(every(lambda at: deps.records.list(ModelUse, where, cursor=at)))
    services = dict.fromkeys((caller.id, *(use.service for use in uses)))
    found = deps.records.get_many(ServiceAccount, [(name, ServiceAccount.kind) for name in services]) if uses else []
    owners = {one.client_id: one.owner for one in found if one is not None}
    require_own(uses, owners, caller.id, began)

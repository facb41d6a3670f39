"""Whose a model's name is, until somebody registers it.

A model that nobody registered has no gate; its first registration closes one
over everything that is checked under its name. So nobody registers a name that
others use already: outputs of services of other owners were checked under it
before the registered runs began. Whoever uses a name that somebody else began
to train under takes nothing from them by that.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from vault_domain.errors import Conflict
from vault_domain.ids import AccountId, ModelId
from vault_domain.records import Record, UtcTime


class ModelUse(Record):
    """A service has outputs of a model checked, since this moment."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "use"

    model_id: ModelId
    service: AccountId
    since: UtcTime

    def key(self) -> tuple[str, str]:
        return use_key(self.model_id, self.service)


def use_key(model_id: str, service: str) -> tuple[str, str]:
    """Where a service's use of a name stands."""
    return f"model#{model_id}", f"{ModelUse.kind}#{service}"


def require_own(uses: Iterable[ModelUse], owners: Mapping[str, str], caller: str, began: datetime) -> None:
    """Raise ``Conflict`` if others had outputs checked under a name before the caller's runs for it began.

    ``owners``: the account behind each service; of a service without one nothing is known, and it is another's.
    """
    mine = owners.get(caller)
    for use in uses:
        same = use.service == caller or (mine is not None and owners.get(use.service) == mine)
        if use.since < began and not same:
            raise Conflict(
                "outputs of somebody else's service were checked under this model id before your run began; "
                "choose another id"
            )

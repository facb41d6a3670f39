"""Who is calling, and whether a route lets them in.

People's roles include each other upwards: an admin may do what a reviewer may,
and a reviewer what a contributor may. ``system`` is for services only and
includes nothing; a scope is demanded of services, since people have none.
"""

from dataclasses import dataclass
from datetime import datetime

from vault_domain.errors import Forbidden
from vault_domain.events import Actor

PUBLIC = "public"
ROLES = frozenset({PUBLIC, "contributor", "reviewer", "admin", "system"})
INCLUDES = {
    "contributor": frozenset({"contributor"}),
    "reviewer": frozenset({"contributor", "reviewer"}),
    "admin": frozenset({"contributor", "reviewer", "admin"}),
    "system": frozenset({"system"}),
}


@dataclass(frozen=True)
class Caller:
    """An authenticated account or service account."""

    id: str
    role: str
    scopes: frozenset[str] = frozenset()
    display: str | None = None
    signed_in: datetime | None = None
    """When the person gave their password; None for services and for a provider's tokens."""

    @property
    def actor(self) -> Actor:
        """The caller as an audit event names it."""
        return Actor(id=self.id, role=self.role)


def admit(caller: Caller, roles: frozenset[str], scope: str | None) -> None:
    """Raise ``Forbidden`` unless the caller has one of ``roles`` and, as a service, the scope."""
    if not INCLUDES.get(caller.role, frozenset()) & roles:
        raise Forbidden(f"This needs the role {' or '.join(sorted(roles))}")
    if scope is not None and caller.role == "system" and scope not in caller.scopes:
        raise Forbidden(f"This needs the scope {scope}")

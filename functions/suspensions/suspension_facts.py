"""Whose an output or a model is, where it stands, and who is told."""

from dataclasses import dataclass

from vault_domain.accounts import ServiceAccount
from vault_domain.errors import NotFound
from vault_domain.holds import Hold
from vault_domain.lineage import Model
from vault_domain.messages import Message, Topic, message
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import SuspendAsk, Suspension
from vault_edge.app import Deps
from vault_edge.claiming import hold_of
from vault_edge.output_history import earlier_checks


@dataclass(frozen=True)
class About:
    """One output or model: what was decided about it, and the accounts behind it; of an output its checks and the
    claims about it."""

    present: Suspension | None
    checks: tuple[OutputCheck, ...]
    owners: frozenset[str]
    hold: Hold | None = None


def about(ask: SuspendAsk, deps: Deps) -> About:
    """Raises ``NotFound`` for an output that was never checked, and for a model that nobody ever named."""
    present = deps.records.get(Suspension, ask.subject)
    if ask.output_id is not None:
        made = earlier_checks(ask.output_id, deps)
        if not made:
            raise NotFound("no such output was ever checked")
        return About(present, made, _owners({made[-1].service}, deps), hold_of(ask.output_id, deps))
    model_id = ask.model_id or ""
    model = deps.records.get(Model, f"model#{model_id}")
    checks = deps.records.find(OutputCheck, "by_model", model_id, newest_first=True, limit=20).items
    services = {one.service for one in checks} | ({model.owner} if model else set())
    if not services:
        raise NotFound("no such model is registered, and no output of it was checked")
    return About(present, (), _owners(services, deps))


def told(seen: About, made: Suspension, *, stops: bool) -> list[Message]:
    """Messages to the accounts behind it."""
    topic, said = (Topic.RELEASE_SUSPENDED if stops else Topic.RELEASE_RESUMED), made.decisions[-1]
    subject = made.subject.removeprefix("model:")
    return [message(who, topic, subject, said.at, len(made.decisions), why=said.reason) for who in sorted(seen.owners)]


def _owners(services: set[str], deps: Deps) -> frozenset[str]:
    found = (deps.records.get(ServiceAccount, service) for service in sorted(services))
    return frozenset(one.owner for one in found if one is not None)

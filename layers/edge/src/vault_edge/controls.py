"""What an account has shown control of, as decisions ask for it."""

from collections.abc import Iterable

from vault_domain.control import ControlProof, OwnCatalogue, own_catalogue
from vault_domain.evidence import SourceReport, all_hits

from vault_edge.deps import Deps


def own_catalogue_of(account_id: str, deps: Deps) -> OwnCatalogue:
    """Of everything that reviewers verified for this account."""
    return own_catalogue(deps.records.list(ControlProof, account_id).items)


def own_refs(own: OwnCatalogue, reports: Iterable[SourceReport]) -> tuple[str, ...]:
    """Which of the outside references found are the account's own: part of what a decision rests on."""
    return tuple(sorted({hit.ref for hit in all_hits(tuple(reports), "external") if own.covers(hit)}))

"""What an output is checked against, gathered once per check, and the search of all of it.

The pointers of all indexes are looked at for every check; the policy and the
list of catalogues are read every time too, so that a change counts at once.
All of these are small reads, made side by side while the audio is decoded.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from vault_audio.features import SETTINGS
from vault_domain.errors import LicenceRefused, VaultError
from vault_domain.evidence import WITHHELD, Original, SourceReport
from vault_domain.policy import CatalogueEntry, Policy, strictly
from vault_domain.safety import STRICTER
from vault_index import melody
from vault_index.calibration import builtin

from vault_edge.deps import Deps
from vault_edge.index import OURS, Opened
from vault_edge.matching import ACOUSTID, VAULT, Query, Source, acoustid_report, report_of, unmade
from vault_edge.output_history import earlier_checks as earlier_checks
from vault_edge.pack_sources import reference_refusal
from vault_edge.tune_hits import Side
from vault_edge.withheld import standing_only

AT_ONCE = 8
UNREAD = "unread"
_UNMADE: dict[type[VaultError], Literal["not_checked", "failed"]] = {LicenceRefused: "not_checked"}
Opening = Opened | VaultError
Question = Callable[[], SourceReport]
Reports = tuple[SourceReport, ...]


@dataclass(frozen=True)
class Basis:
    """Everything beside the audio that a check rests on."""

    number: int
    policy: Policy
    indexes: dict[str, Opening]
    """Source name -> what was opened, or why it could not be."""
    configured: frozenset[str]
    versions: dict[str, str]


def basis_of(deps: Deps) -> Basis:
    """Policy, catalogues and indexes as they are now."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        in_force = pool.submit(deps.policy_in_force)
        ours = {name: pool.submit(_opened, name, deps) for name in (VAULT, WITHHELD)}
        entries = [entry for entry in deps.records.list(CatalogueEntry, "catalogues").items if entry.active]
        opened = pool.map(lambda entry: _catalogue(entry, deps), entries)
        indexes = {name: one.result() for name, one in ours.items()}
        indexes |= {f"catalogue:{entry.name}": one for entry, one in zip(entries, opened, strict=True)}
        number, policy = in_force.result()
    configured = frozenset({ACOUSTID} if deps.acoustid is not None else ())
    return Basis(number, policy, indexes, configured, _versions(number, indexes, configured, deps))


def under_stricter(basis: Basis) -> Basis:
    """The same, judged by the policy's stricter thresholds; the versions say so, so it is another check."""
    return replace(basis, policy=strictly(basis.policy), versions={**basis.versions, **STRICTER})


def _opened(name: str, deps: Deps) -> Opening:
    try:
        return deps.index.reader(name)
    except VaultError as error:
        return error


def _catalogue(entry: CatalogueEntry, deps: Deps) -> Opening:
    """A catalogue, unless the licences of its pack do not allow comparing with it now."""
    refusal = reference_refusal(deps.records, entry.pack, deps.clock())
    return LicenceRefused(refusal) if refusal else _opened(entry.name, deps)


def _versions(number: int, indexes: dict[str, Opening], configured: frozenset[str], deps: Deps) -> dict[str, str]:
    embedder = deps.embedder
    found = {
        "policy": str(number),
        "calibration": builtin().version,
        "calibration:melody": melody.builtin().version,
        "settings:features": str(SETTINGS),
        "embedder": embedder.identity if embedder else "none",
        ACOUSTID: "configured" if configured else "not configured",
    }
    for source, one in indexes.items():
        found[f"snapshot:{source}"] = one.snapshot_id if isinstance(one, Opened) else UNREAD
    return found


def reports_of(query: Query, basis: Basis, deps: Deps) -> Reports:
    """Ask every source at once; one report each, made or honestly not made."""
    now = deps.clock()
    questions: list[Question] = [lambda: acoustid_report(query, deps.acoustid, now)]
    questions += [_question(name, opened, query, now, deps) for name, opened in basis.indexes.items()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(lambda ask: ask(), questions))


def _question(name: str, opened: Opening, query: Query, now: datetime, deps: Deps) -> Question:
    side: Side = "internal" if name in OURS else "external"
    if not isinstance(opened, Opened):
        detail, status = opened.detail, _UNMADE.get(type(opened), "failed")
        return lambda: unmade(query.subject, name, side, status, detail, now)
    source = Source(name, side, lambda: opened)
    if name == WITHHELD:
        return lambda: standing_only(report_of(query, source, now), deps)
    if name != VAULT:
        return lambda: report_of(query, source, now)
    return lambda: report_of(query, source, now, _original(query, deps))


def _original(query: Query, deps: Deps) -> str | None:
    """The vault's track with exactly these samples."""
    claim = deps.records.get(Original, query.audio_sha256) if query.audio_sha256 else None
    return claim.track_id if claim else None

"""Registrations of outside datasets and facts on packs for tests: good ones, changed only where a test says so."""

import json
from datetime import datetime
from typing import Any

from granting import a_track, its_rights, numbered
from simulator import NOW, Simulator
from vault_domain.datasets import GATE_MEANS, Dataset, DatasetAsk
from vault_domain.licences import ABSENT, FACETS, USES
from vault_domain.pack_building import collect, draft
from vault_domain.pack_facts import PackFacts, gather
from vault_domain.packs import FreezeAsk, PackAsk, PackQuery, freeze
from vault_domain.ports import Put
from vault_domain.rights import revoke
from vault_domain.submission import Metadata
from vault_domain.tracks import Status
from wire import ACCOUNT

TEXT = {"address": "https://example.org/licence", "sha256": "1" * 64, "read": NOW.isoformat()}
BY = numbered("acc", 1)
LEDGER = {"sha256": "2" * 64, "items": 3}


def rights_of(licence: str = "CC0-1.0", **changes: str) -> dict[str, str]:
    """Everything under one licence, and no personal data."""
    return {**dict.fromkeys(FACETS, licence), "personal_data": ABSENT, **changes}


def an_entry(dataset_id: str = "open-music", **changes: Any) -> dict[str, Any]:
    """A registration that allows everything its licence does, as JSON."""
    return {
        "dataset_id": dataset_id,
        "title": "Open music",
        "tier": "production_approved",
        "rights": rights_of(),
        "allowed_uses": list(USES),
        "licence_texts": [TEXT],
        "reviewed": NOW.isoformat(),
        "reason": "assessed for tests",
        **changes,
    }


def passed(*gates: str) -> list[dict[str, str]]:
    """Evidence for these gates; for all of them when none is named."""
    return [{"gate": gate, "evidence": "on file", "at": NOW.isoformat()} for gate in gates or GATE_MEANS]


def a_dataset(dataset_id: str = "open-music", at: datetime = NOW, **changes: Any) -> Dataset:
    """A stored registration."""
    entry = DatasetAsk.model_validate_json(json.dumps(an_entry(dataset_id, **changes)))
    return Dataset(entry=entry, number=1, registered_by=ACCOUNT, at=at)


def registered_dataset(sim: Simulator, dataset_id: str = "open-music", **changes: Any) -> Dataset:
    """A registration put straight into a simulated vault."""
    found = a_dataset(dataset_id, **changes)
    sim.store.commit([Put(found, 0)])
    return found


def facts(*, revoked: int = 0, beside: tuple[Dataset, ...] = ()) -> PackFacts:
    """A frozen pack of three tracks of two contributors, the first ``revoked`` of them taken back since."""
    song = Metadata(title="Secret title", artist_display_name="Secret name", genre_tags=("folk",), language="fr")
    tracks = [
        a_track(1),
        a_track(2),
        a_track(3, owner=numbered("acc", 7), metadata=song, submitted="2026-02-05T00:00:00Z"),
    ]
    vault = [(track, its_rights(track)) for track in tracks]
    found = collect(vault, PackQuery())
    version = draft(PackAsk(name="P"), found, None, None, BY, NOW)
    ask = FreezeAsk(members_sha256=version.members_sha256, reason="for the first model")
    version = freeze(version, ask, BY, "slt", NOW)
    known = {track.track_id: (track, rights) for track, rights in vault}
    for track, rights in vault[:revoked]:
        known[track.track_id] = (track.with_changes(status=Status.REMOVED), revoke(rights, "", NOW))
    return gather(version, found.members, known, NOW, beside)

"""Looking lineage up: which runs were granted a track, which versions rest on them, what left the vault since."""

from dataclasses import dataclass

from vault_domain.lineage import ModelVersion
from vault_domain.ports import Records, every
from vault_domain.records import UtcTime, stamp
from vault_domain.tracks import Status, Track
from vault_domain.training import RunTrack, TrainingRun

PAGE = 200
MAX_USES = 1000
"""Runs of one track that an answer works through, newest first."""


@dataclass(frozen=True)
class Use:
    """One run that was granted a track, and the registered versions of its model that rest on it."""

    row: RunTrack
    run: TrainingRun
    versions: tuple[str, ...]


def uses_of(records: Records, track_id: str) -> tuple[tuple[Use, ...], bool]:
    """The runs that were granted this track, newest first, and whether there are more than ``MAX_USES``."""
    rows: list[RunTrack] = []
    cursor: str | None = None
    while len(rows) < MAX_USES:
        page = records.find(RunTrack, "by_track", track_id, newest_first=True, limit=PAGE, cursor=cursor)
        rows.extend(page.items)
        cursor = page.cursor
        if cursor is None:
            break
    versions = {model_id: versions_of(records, model_id) for model_id in {row.model_id for row in rows}}
    found = []
    for row in rows:
        run = records.get(TrainingRun, row.run_id)
        if run is not None and run.state != "opening":  # rows of a claim that died open nothing
            resting = (one.model_version for one in versions[row.model_id] if row.run_id in one.runs)
            found.append(Use(row, run, tuple(sorted(resting))))
    return tuple(found), cursor is not None


def versions_of(records: Records, model_id: str) -> tuple[ModelVersion, ...]:
    """Every version of a model."""
    return tuple(every(lambda at: records.list(ModelVersion, f"model#{model_id}", cursor=at)))


def removed_since(records: Records, since: UtcTime) -> frozenset[str]:
    """Tracks that left the vault since then; through an index, which may lag by a moment."""
    status, after = Status.REMOVED.value, stamp(since)
    gone = every(lambda at: records.find(Track, "by_status", status, since=after, limit=PAGE, cursor=at))
    return frozenset(track.track_id for track in gone)

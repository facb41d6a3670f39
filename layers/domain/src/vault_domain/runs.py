"""The life of a training run: claimed, opened, read under, asked for again, ended.

A run is claimed (``opening``), its granted tracks are written, and only then is
it ``open``: a claim that died half-way gives nothing to read, and the job that
made it may claim again. The manifest lists what was granted; its hash is inside
the run token, so a token opens exactly one manifest. Nothing here is signed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from vault_domain.canonical import digest, fixed
from vault_domain.errors import Conflict, Expired, NotFound, PolicyRefused, Revoked, VaultError
from vault_domain.leases import Lease
from vault_domain.records import stamp
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track
from vault_domain.training import DataSpec, Entry, Left, RunTrack, TrainingRun, counted, may_read

GATEWAY_AUDIENCE = "gateway"
SHARD_TRACKS = 100
SCHEMAS: dict[str, dict[str, object]] = {
    "audio": {"format": "audio", "media_type": "audio/flac", "one_object": "track"},
    "features": {
        "format": "features", "media_type": "application/x-npy", "one_object": "track", "setting": 1,
        "kind": "log-mel", "bands": 80, "low_hz": 20, "high_hz": 8000, "window_s": 0.032, "hop_s": 0.01,
        "dtype": "float16", "shape": "frames,bands", "unit": "natural logarithm of power, at least 1e-10",
    },
}  # fmt: skip
"""What one object of a run is; the setting of features is frozen (docs/formats/training-manifest.md)."""


def manifest_document(run: TrainingRun, entries: tuple[Entry, ...]) -> dict[str, object]:
    """The manifest to be signed (docs/formats/training-manifest.md)."""
    return _manifest(run.spec, run.job, entries, run.issued, run.expires)


def run_claims(run: TrainingRun, lease: Lease) -> dict[str, object]:
    """What a run token says (docs/formats/run-token.md)."""
    return {
        "aud": GATEWAY_AUDIENCE,
        "sub": run.job,
        "run_id": run.run_id,
        "manifest": run.manifest_sha256,
        "lease": lease.worker,
        "iat": int(lease.renewed.timestamp()),
        "exp": int(lease.expires.timestamp()),
    }


def claim_run(
    spec: DataSpec,
    job: str,
    entries: tuple[Entry, ...],
    left: tuple[Left, ...],
    now: datetime,
    life: timedelta,
) -> TrainingRun:
    """The run in state ``opening``: nothing can be read under it yet."""
    return TrainingRun(
        run_id=spec.run_id,
        job=job,
        spec=spec,
        manifest_sha256=digest(_manifest(spec, job, entries, now, now + life)),
        tracks_granted=len(entries),
        bytes_granted=sum(entry.bytes for entry in entries),
        tracks_left_out=counted(left),
        opened=now,
        issued=now,
        expires=now + life,
    )


def reissue(
    run: TrainingRun, entries: tuple[Entry, ...], left: tuple[Left, ...], now: datetime, life: timedelta
) -> TrainingRun:
    """The run with a manifest of what is still allowed of its grant.

    The same tracks before the expiry give the same manifest, so that a lost
    answer can be asked for again; otherwise a new one replaces it, and tokens
    of the old one open nothing any more.
    """
    if run.state != "open":
        raise Conflict(f"this run already {run.state}; open another one")
    same = digest(manifest_document(run, entries)) == run.manifest_sha256
    if same and now < run.expires:
        return run
    return run.with_changes(
        issued=now,
        expires=now + life,
        manifest_sha256=digest(_manifest(run.spec, run.job, entries, now, now + life)),
        manifests=run.manifests + 1,
        tracks_left_out=counted(left),
    )


def check_same_run(run: TrainingRun, spec: DataSpec, job: str) -> None:
    """One run id is one job's one request. Raises ``Conflict``."""
    if run.job != job:
        raise Conflict("this run id is taken; choose another")
    if run.spec != spec:
        raise Conflict("this run id was opened with another request; choose another run id")


def grants(run: TrainingRun, entries: tuple[Entry, ...]) -> tuple[RunTrack, ...]:
    """One row for each track of a claimed run."""
    return tuple(
        RunTrack(
            run_id=run.run_id,
            track_id=entry.track_id,
            model_id=run.spec.model_id,
            sha256=entry.sha256,
            rights_sha256=entry.rights_sha256,
            place=entry.place,
            granted=run.opened,
        )
        for entry in entries
    )


def check_token(run: TrainingRun | None, claims: dict[str, object], now: datetime) -> TrainingRun:
    """The open run that these verified claims are for, or a refusal."""
    if run is None or claims.get("sub") != run.job:
        raise NotFound("no such run")
    if run.state != "open":
        raise Expired(f"this run is not open ({run.state})")
    if claims.get("manifest") != run.manifest_sha256:
        raise Expired("a newer manifest was issued for this run; use its token")
    if now >= run.expires:
        raise Expired("this run's time is over; ask for its token again")
    return run


def check_read(
    run: TrainingRun, granted: RunTrack | None, track: Track | None, rights: RightsRecord | None
) -> tuple[RunTrack, Track, RightsRecord]:
    """What a read needs, if it is allowed with the rights as they are now; else a refusal with its code."""
    if granted is None:
        raise NotFound("this track is not in the run's manifest")
    refusal = may_read(track, rights, run.spec.purpose)
    if track is None or refusal == "gone":
        raise NotFound(_WORDS["gone"])
    if rights is None:
        raise PolicyRefused("no consent is on record for this track; leave it out")
    if refusal:
        raise _REFUSALS.get(refusal, PolicyRefused)(_WORDS[refusal])
    if track.stored_sha256 != granted.sha256:
        raise Conflict("the stored audio is not what was granted; ask for the run's token again")
    return granted, track, rights


def mark_read(granted: RunTrack, now: datetime) -> RunTrack:
    """One read more."""
    return granted.with_changes(reads=granted.reads + 1, last_read=now)


_REFUSALS: dict[str, type[VaultError]] = {"revoked": Revoked, "flag_missing": Revoked}
"""A track is granted only while its consent covers the purpose, so at a read a missing flag was taken back."""
_WORDS = {
    "gone": "this track is not in the vault",
    "revoked": "consent for this track was taken back; leave it out",
    "not_accepted": "this track may not be read at present; leave it out",
    "party_missing": "a rights holder of this track has not consented yet; leave it out",
    "flag_missing": "consent for this purpose was taken back; leave it out",
}


def _manifest(
    spec: DataSpec, job: str, entries: tuple[Entry, ...], issued: datetime, expires: datetime
) -> dict[str, object]:
    return {
        "format": 2,
        "run_id": spec.run_id,
        "job": job,
        "spec": spec.model_dump(mode="json"),
        "seed": spec.seed,
        "schema": SCHEMAS[spec.format],
        "issued": stamp(issued),
        "expires": stamp(expires),
        "shards": shards(entries),
    }


def shards(entries: Iterable[Entry]) -> list[dict[str, object]]:
    """The entries cut by their place: a track that drops out leaves the others where they were."""
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.place // SHARD_TRACKS, []).append(entry)
    return [
        {
            "shard": number,
            "samples": len(tracks),
            "bytes": sum(one.bytes for one in tracks),
            "seconds": fixed(sum(one.duration_s for one in tracks)),
            "sha256": digest([one.sha256 for one in tracks]),
            "tracks": [one.model_dump(mode="json") for one in tracks],
        }
        for number, tracks in sorted(found.items())
    ]

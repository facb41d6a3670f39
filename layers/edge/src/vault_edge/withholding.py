"""What is kept back from ever being released again unasked, and where its features are.

- Tracks that were removed because a claim was upheld, for as long as their audio
  would be kept and their features are there.
- Outputs that were withdrawn or are suspended: of each the sound that was judged.
  Of a suspended model nothing but the record counts; it may have made very many.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Literal, NamedTuple

from vault_audio.features import Features, unpack
from vault_domain.admission import vault_features_key
from vault_domain.errors import Corrupt, NotFound
from vault_domain.ports import every
from vault_domain.records import stamp
from vault_domain.suspensions import Suspension, judged
from vault_domain.tracks import Status, Track

from vault_edge.deps import Deps
from vault_edge.output_history import earlier_checks

CLAIM_UPHELD = "claim_upheld"
MAX_FEATURES_BYTES = 128 * 2**20
PAGE = 200


class Place(NamedTuple):
    """Where features lie."""

    bucket: str
    key: str


def removed_by_claim(deps: Deps) -> Iterator[str]:
    """Tracks that a claim took out lately."""
    since = stamp(deps.clock() - timedelta(days=deps.policy().removed_audio_days))
    status = Status.REMOVED.value
    for track in every(lambda at: deps.records.find(Track, "by_status", status, since=since, limit=PAGE, cursor=at)):
        if any(reason.code == CLAIM_UPHELD for reason in track.reasons):
            yield track.track_id


def place_of_track(track_id: str) -> Place:
    """Where the features of a track are or were."""
    return Place("vault", vault_features_key(track_id))


def outputs(state: Literal["suspended", "withdrawn"], deps: Deps) -> Iterator[Suspension]:
    """Outputs that are suspended, or were withdrawn."""
    for one in every(lambda at: deps.records.find(Suspension, "by_outcome", state, limit=PAGE, cursor=at)):
        if is_output(one):
            yield one


def is_output(one: Suspension) -> bool:
    """Whether this is about one output."""
    return not one.subject.startswith("model:")


def place_of_output(one: Suspension, deps: Deps) -> Place | None:
    """Where the features are of the sound that a decision is about; None where none were kept."""
    features = judged(earlier_checks(one.subject, deps), one)[-1].features
    return None if features is None else Place("outputs", features.removeprefix("outputs/"))


def read(places: Iterable[tuple[str, Place]], deps: Deps) -> Iterator[tuple[str, Features]]:
    """The features that are still there, and whole."""
    for name, place in places:
        with suppress(NotFound, Corrupt):
            yield name, unpack(deps.bucket(place.bucket).read(place.key, limit=MAX_FEATURES_BYTES)).without_dense()

"""snippets: reviewers hear the few seconds that the checks found, through a link of their own, and nothing is stored.

1. The case is open and not theirs. 2. The span is in its evidence. 3. The
track's consent says that reviewers may hear it. 4. The window is short, and
not yet most of the track. 5. All of that is on record, in the log too. 6. Only
then is there a link, for this person, for two minutes. The sound is cut from
the recording at each play.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, Field
from vault_audio.snippets import FLOOR_DB, RATE, Samples, as_flac, cut, mel_picture, peaks
from vault_domain.admission import vault_audio_key
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.evidence import SourceReport
from vault_domain.ids import SnippetId, TrackId
from vault_domain.permissions import roles
from vault_domain.ports import Objects, Put, Require
from vault_domain.records import UtcTime
from vault_domain.rights import RightsRecord
from vault_domain.snippets import (
    LIFE,
    Listening,
    Snippet,
    SnippetAsk,
    check_case,
    check_consent,
    find_hit,
    listen,
    playable,
    played,
    window,
)  # fmt: skip
from vault_domain.tracks import Track
from vault_domain.uploads import analysis_key
from vault_edge.app import Answer, App, Caller, Deps
from vault_edge.permitting import belonging, permitted
from vault_edge.racing import settled
from vault_edge.texts import allows_listening

app = App("snippets")
POINTS, BANDS, FRAMES = 600, 48, 240
VAULT = "vault"


class SnippetLink(BaseModel):
    """Where to hear and see a span; both need the bearer token of whoever opened it."""

    snippet_id: str
    track_id: str = Field(description="Whose sound it is")
    start_s: float = Field(description="Of the window, in that track")
    end_s: float
    audio: str = Field(description="GET it with your token: FLAC, mono, 16 kHz")
    picture: str = Field(description="GET it with your token: peaks and mel levels to draw")
    expires: UtcTime


class Picture(BaseModel):
    """What a span's waveform and spectrogram are drawn from."""

    snippet_id: str
    start_s: float
    end_s: float
    peaks: list[list[int]] = Field(description="[lowest, highest] of equal parts, -127 to 127")
    mel: list[list[int]] = Field(description="One row per moment, low band first; 255 is the loudest, 0 `mel_floor_db`")
    mel_floor_db: float
    mel_top_hz: int


@app.post("/review/{track_id}/snippets", role=roles("snippet.open"), status=201, also=(429,))
def open_link(track_id: TrackId, ask: SnippetAsk, caller: Caller, deps: Deps) -> SnippetLink:
    """Open a matched span of a track under review, or of the track that it resembles."""
    snippet = settled(lambda: _open(permitted("snippet.open", track_id, caller, deps), ask, caller, deps))
    path = f"/snippets/{snippet.snippet_id}"
    return SnippetLink(
        snippet_id=snippet.snippet_id, track_id=snippet.track_id, start_s=snippet.start_s, end_s=snippet.end_s,
        audio=path, picture=f"{path}/picture", expires=snippet.expires,
    )  # fmt: skip


@app.get("/snippets/{snippet_id}", role=roles("snippet.hear"), also=(410, 429), media=("audio/flac",))
def hear(snippet_id: SnippetId, caller: Caller, deps: Deps) -> Answer:
    """The sound of a span that you opened."""
    snippet = settled(lambda: _play(snippet_id, caller, deps))
    return Answer(as_flac(_samples(snippet, deps)), content_type="audio/flac")


@app.get("/snippets/{snippet_id}/picture", role=roles("snippet.hear"), also=(410, 429))
def picture(snippet_id: SnippetId, caller: Caller, deps: Deps) -> Picture:
    """The span to be drawn."""
    snippet = _opened(snippet_id, caller, deps)
    samples = _samples(snippet, deps)
    return Picture(
        snippet_id=snippet_id, start_s=snippet.start_s, end_s=snippet.end_s, peaks=peaks(samples, POINTS),
        mel=mel_picture(samples, BANDS, FRAMES), mel_floor_db=FLOOR_DB, mel_top_hz=RATE // 2,
    )  # fmt: skip


def _open(case: Track, ask: SnippetAsk, caller: Caller, deps: Deps) -> Snippet:
    check_case(case)  # 1
    hit = find_hit(deps.records.get(SourceReport, case.track_id, f"source#{ask.source}"), ask)  # 2
    track = case if ask.side == "query" else _reference(ask, deps)
    rights = deps.records.get(RightsRecord, track.track_id)
    texts = [rights.terms_sha256, *(party.terms_sha256 for party in rights.parties)] if rights else []
    rights = check_consent(rights, all(allows_listening(text) for text in texts if text is not None))  # 3
    duration = track.duration_s or 0.0
    start, end = window(hit, ask, duration)  # 4
    before = deps.records.get(Listening, track.track_id, f"{Listening.kind}#{caller.id}")
    present = before or Listening(track_id=track.track_id, reviewer=caller.id)
    now = deps.clock()
    snippet = Snippet(
        snippet_id=deps.new_id("snp"), reviewer=caller.id, case=case.track_id, track_id=track.track_id,
        start_s=start, end_s=end, expires=now + LIFE,
    )  # fmt: skip
    event = make_event(
        deps.new_id("evt"), Kind.REVIEW_LISTENED, track.track_id, caller.actor, now,
        case=case.track_id, start_ms=round(start * 1000), end_ms=round(end * 1000),
    )  # fmt: skip
    changes = [Put(listen(present, (start, end), duration), present.version), Put(snippet, 0)]
    deps.records.commit([*changes, Require(rights, rights.version), Require(track, track.version)], [event])  # 5
    return snippet


def _reference(ask: SnippetAsk, deps: Deps) -> Track:
    """The track of ours that was resembled. Of catalogues there are fingerprints only."""
    if ask.source != VAULT:
        raise Conflict("of this source there are fingerprints only, and no sound")
    track = deps.records.get(Track, ask.ref)
    if track is None or track.stored is None:
        raise NotFound("the sound of this track is not in the vault any more")
    return track


def _opened(snippet_id: str, caller: Caller, deps: Deps) -> Snippet:
    found = deps.records.get(Snippet, snippet_id)
    whose = found.reviewer if found else None
    return playable(belonging("snippet.hear", found, whose, caller, deps, thing="span"), caller.id, deps.clock())


def _play(snippet_id: str, caller: Caller, deps: Deps) -> Snippet:
    snippet = _opened(snippet_id, caller, deps)
    deps.records.commit([Put(played(snippet), snippet.version)])
    return snippet


def _samples(snippet: Snippet, deps: Deps) -> Samples:
    """From the vault where the track is in it, else from what waits in quarantine; rights are asked once more."""
    track, rights = (deps.records.get(kind, snippet.track_id) for kind in (Track, RightsRecord))
    if not isinstance(track, Track) or not isinstance(rights, RightsRecord) or rights.revoked:
        raise NotFound("this track was taken back")
    if track.stored is not None:
        return _cut(deps.bucket("vault"), vault_audio_key(track.track_id), snippet)
    return _cut(deps.bucket("quarantine"), analysis_key(track.upload_id), snippet)


def _cut(bucket: Objects, key: str, snippet: Snippet) -> Samples:
    with TemporaryDirectory() as folder:
        path = Path(folder, "recording.flac")
        with path.open("wb") as file:
            for piece in bucket.stream(key):
                file.write(piece)
        return cut(path, snippet.start_s, snippet.end_s)


handler, http = app.lambda_entry(), app.http_entry()

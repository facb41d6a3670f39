"""safety-check: block, warn, allow, or not cleared; always on record, never with audio left behind."""

import numpy as np
import pytest
from asking import audio_left, events, inline, post, uploaded, wire_decoder
from granting import numbered, take_back
from simulator import Simulator, killed_everywhere
from sounds import RATE, arranged, as_file, in_vault, piece, registered
from vault_audio.features import unpack
from vault_domain.accounts import KEY_RING, PublicKey
from vault_domain.canonical import sha256_hex
from vault_domain.errors import SourceUnavailable
from vault_domain.messages import Message
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.safety_receipt import SAFETY_RECEIPT
from vault_domain.tiles import entry_of
from vault_domain.uploads import Upload, UploadState, source_key
from vault_edge.outbound import Recording
from vault_store.dsse import open_sealed
from wire import SERVICE, body_of, event, token

S = 12.0
OURS = as_file(piece(1, S))
COPY = as_file(piece(1, S), "MP3")
OTHER = as_file(piece(2, S), "MP3")
LENIENT = Policy(thresholds=Thresholds(weak=0.9, strong=0.9))
"""Unrelated pieces pass whatever the calibration; copies score above it."""


@pytest.fixture
def ready(sim: Simulator, load_step):
    """A vault with one track, a catalogue with another, the real decoder, and the function."""
    in_vault(sim, 1, OURS)
    registered(sim, ("Known piece", as_file(piece(4, S))))
    wire_decoder(sim, load_step)
    return load_step("safety-check")


def lenient(sim):
    head = PolicyVersion(number=2, policy=LENIENT, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])


def test_a_copy_of_a_vault_track_is_blocked_and_logged(sim: Simulator, ready) -> None:
    result = post(ready, sim, inline(COPY))
    assert result["statusCode"] == 200
    answer = body_of(result)
    assert (answer["outcome"], answer["similarity_level"]) == ("block", "blocked")
    assert answer["matches"][0]["ref"] == numbered("trk", 1)
    assert answer["sim_internal_max"] >= 0.7
    assert answer["checked_against_internal"] is True
    assert answer["checked_against_external_catalogs"] == ["catalogue:open"]
    assert {"policy", "calibration", "snapshot:vault", "snapshot:catalogue:open", "embedder"} <= set(answer["versions"])
    (seen,) = events(sim)
    assert (seen.subject, seen.actor.id) == ("out_one", SERVICE)
    assert (seen.data["outcome"], seen.data["model_id"]) == ("block", "m")
    assert seen.data["matched"][0] == numbered("trk", 1)
    assert seen.versions == answer["versions"]
    (check,) = sim.store.everything(OutputCheck)
    kept = sim.buckets.open("outputs").read(check.features.removeprefix("outputs/"), limit=10**8)
    assert unpack(kept).dense is not None
    assert audio_left(sim) == []


def test_the_receipt_is_signed_says_what_the_answer_says_and_names_the_entry_of_the_log(sim: Simulator, ready) -> None:
    body = inline(COPY, user_ref="user-17")
    answer = body_of(post(ready, sim, body))
    signer = sim.signer("receipt")
    said = open_sealed(answer["receipt"], SAFETY_RECEIPT, {signer.key_id: signer.public_key()})
    for name in ("output_id", "check", "model_id", "outcome", "similarity_level", "versions", "checked_at"):
        assert said[name] == answer[name]
    assert said["similarity"]["internal"]["fp_robust"] >= 0.7
    assert said["sources"] == {"checked": ["vault", "withheld", "catalogue:open"], "missing": []}
    assert said["content_sha256"] == sha256_hex(COPY)
    assert "user-17" not in str(said)
    (seen,) = events(sim)
    assert said["log"] == {"event_id": seen.event_id, "entry_sha256": sha256_hex(entry_of(seen))}
    ring = sim.store.list(PublicKey, KEY_RING).items
    assert signer.key_id in [key.key_id for key in ring if key.purpose == "receipt"]
    shown = ready.handler(event("GET", "/safety/checks/out_one", bearer=token(sim, "system", "safety")), None)
    assert body_of(shown)["receipt"] == body_of(post(ready, sim, body))["receipt"] == answer["receipt"]


def test_an_unrelated_piece_may_leave(sim: Simulator, ready) -> None:
    lenient(sim)
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert (answer["outcome"], answer["similarity_level"], answer["missing"]) == ("allow", "none", [])
    assert answer["versions"]["policy"] == "2"
    assert len(events(sim)) == 1


def test_a_copy_from_the_catalogue_is_blocked(sim: Simulator, ready) -> None:
    answer = body_of(post(ready, sim, inline(as_file(piece(4, S), "OGG"))))
    assert answer["outcome"] == "block"
    assert "Known piece" in [match["ref"] for match in answer["matches"]]


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG"])
def test_every_format_inline_or_by_upload(sim: Simulator, ready, kind) -> None:
    data = as_file(piece(1, S), kind)
    assert body_of(post(ready, sim, inline(data, "out_inline")))["outcome"] == "block"
    body = uploaded(sim, data) | {"output_id": "out_upload"}
    assert body_of(post(ready, sim, body))["outcome"] == "block"
    assert audio_left(sim) == []
    assert sim.store.get(Upload, body["audio_upload_token"]).state is UploadState.EXPIRED


def test_without_a_required_source_nothing_is_cleared(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, OURS)
    wire_decoder(sim, load_step)
    lenient(sim)
    module = load_step("safety-check")
    answer = body_of(post(module, sim, inline(OTHER)))
    assert (answer["outcome"], answer["similarity_level"]) == ("not_cleared", "unknown")
    assert answer["missing"] == ["catalogue"]
    assert answer["sim_external_max"] is None
    assert len(events(sim)) == 1


@pytest.mark.parametrize("where", ["vault", "catalogues/open"])
def test_a_damaged_index_clears_nothing(sim: Simulator, ready, where) -> None:
    lenient(sim)
    sim.buckets.open("snapshots").write(f"{where}/manifest.json", b"{}", content_type="application/json")
    ready.app.bind(sim.container())
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert answer["outcome"] == "not_cleared"
    assert answer["reasons"][0]["code"] == "source_not_checked"


def test_a_catalogue_whose_review_ran_out_clears_nothing_from_that_day_on(sim: Simulator, ready) -> None:
    lenient(sim)
    assert body_of(post(ready, sim, inline(OTHER)))["outcome"] != "not_cleared"
    sim.clock.advance(days=183)
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert (answer["outcome"], answer["missing"]) == ("not_cleared", ["catalogue"])
    assert "ran out" in answer["reasons"][0]["detail"]


def test_a_block_stands_even_when_another_source_is_out_of_reach(sim: Simulator, ready) -> None:
    sim.buckets.open("snapshots").write("catalogues/open/manifest.json", b"{}", content_type="application/json")
    ready.app.bind(sim.container())
    answer = body_of(post(ready, sim, inline(COPY)))
    assert (answer["outcome"], answer["missing"]) == ("block", ["catalogue"])


class Asked:
    """An AcoustID client that answers from here; the real one has tests of its own."""

    def __init__(self, *found: Recording, fails: bool = False) -> None:
        self.found, self.fails = found, fails

    def lookup(self, fingerprint, duration_s):
        if self.fails:
            raise SourceUnavailable("AcoustID did not answer")
        return self.found


def test_acoustid_counts_once_it_is_configured(sim: Simulator, ready) -> None:
    lenient(sim)
    ready.app.bind(sim.container(acoustid=Asked(fails=True)))
    assert body_of(post(ready, sim, inline(OTHER)))["missing"] == ["acoustid"]
    ready.app.bind(sim.container(acoustid=Asked()))
    assert body_of(post(ready, sim, inline(OTHER)))["outcome"] == "allow"
    ready.app.bind(sim.container(acoustid=Asked(Recording(1.0, "a", "mb", "Song", "Band"))))
    assert body_of(post(ready, sim, inline(OTHER, "out_two")))["outcome"] == "allow"  # the answer to this sound
    sim.clock.advance(days=1)  # AcoustID has no version: its answer counts for a day
    assert body_of(post(ready, sim, inline(OTHER, "out_three")))["outcome"] == "block"


def test_a_track_admitted_a_second_ago_is_seen(sim: Simulator, ready) -> None:
    lenient(sim)
    assert body_of(post(ready, sim, inline(OTHER)))["outcome"] == "allow"
    in_vault(sim, 2, as_file(piece(2, S)))
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert (answer["outcome"], answer["check"]) == ("block", 2)
    take_back(sim, numbered("trk", 2))


def test_the_same_audio_under_the_same_versions_is_the_same_check(sim: Simulator, ready) -> None:
    first = body_of(post(ready, sim, inline(COPY)))
    before = sim.dump()["records"]
    assert body_of(post(ready, sim, inline(COPY))) == first
    assert sim.dump()["records"] == before
    other = body_of(post(ready, sim, inline(as_file(piece(1, S)[: 9 * RATE], "MP3"))))
    assert other["check"] == 2
    assert len({check.features for check in sim.store.everything(OutputCheck)}) == 2
    shown = ready.handler(event("GET", "/safety/checks/out_one", bearer=token(sim, "system", "safety")), None)
    assert body_of(shown) == {**other, "checks": 2, "suspended": [], "model_blocked": []}


def test_an_upload_is_checked_once_and_its_check_can_be_asked_for_again(sim: Simulator, ready) -> None:
    body = uploaded(sim, COPY)
    first = body_of(post(ready, sim, body))
    assert first["outcome"] == "block"
    assert body_of(post(ready, sim, body)) == first
    assert post(ready, sim, {**body, "output_id": "out_two"})["statusCode"] == 409
    assert len(events(sim)) == 1


def test_only_the_version_that_arrived_first_is_heard(sim: Simulator, ready) -> None:
    lenient(sim)
    body = uploaded(sim, COPY)
    sim.buckets.open("outputs").write(source_key(body["audio_upload_token"]), OTHER, content_type="audio/mpeg")
    assert body_of(post(ready, sim, body))["outcome"] == "block"
    assert audio_left(sim) == []


def test_uploads_of_others_and_for_other_ends_do_not_exist(sim: Simulator, ready) -> None:
    assert post(ready, sim, uploaded(sim, COPY, 7, numbered("svc", 9)))["statusCode"] == 404
    assert post(ready, sim, uploaded(sim, COPY, 8, purpose="track"))["statusCode"] == 404
    missing = {"output_id": "out_one", "model_id": "m", "audio_upload_token": numbered("upl", 99)}
    assert post(ready, sim, missing)["statusCode"] == 404
    waiting = uploaded(sim, COPY, 10)
    sim.buckets.open("outputs").delete(source_key(waiting["audio_upload_token"]), all_versions=True)
    assert post(ready, sim, waiting)["statusCode"] == 409


def test_outputs_of_others_are_neither_shown_nor_overwritten(sim: Simulator, ready) -> None:
    post(ready, sim, inline(COPY))
    stranger = numbered("svc", 9)
    assert post(ready, sim, inline(OTHER), subject=stranger)["statusCode"] == 409
    bearer = token(sim, "system", "safety", subject=stranger)
    assert ready.handler(event("GET", "/safety/checks/out_one", bearer=bearer), None)["statusCode"] == 404
    reviewer = ready.handler(event("GET", "/safety/checks/out_one", bearer=token(sim, "reviewer")), None)
    assert body_of(reviewer)["outcome"] == "block"


SILENCE = as_file(np.zeros((6 * RATE, 2), np.float32))
CANCELLING = as_file(np.stack([piece(1, S)[:, 0], -piece(1, S)[:, 0]], axis=1))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"this is a text, not a song" * 50, "not_audio"),
        (COPY[:3000], None),
        (SILENCE, "silent"),
        (as_file(piece(1, S)[:RATE]), "too_short"),
        (CANCELLING, "audio_refused"),
    ],
)
def test_what_can_not_be_checked_is_refused_by_name_and_deleted(sim: Simulator, ready, data, code) -> None:
    for sent in (inline, lambda data: uploaded(sim, data)):
        body = sent(data)
        result = post(ready, sim, body)
        assert result["statusCode"] == 422
        assert body_of(result)["code"] == code or code is None
        assert audio_left(sim) == []
    assert sim.store.everything(OutputCheck) == ()
    upload = sim.store.get(Upload, body["audio_upload_token"])
    assert upload.state is UploadState.REFUSED
    assert post(ready, sim, body)["statusCode"] == 409


def test_ten_minutes_are_the_limit(sim: Simulator, ready) -> None:
    data = as_file(np.zeros((601 * 8000, 1), np.float32), "OGG", 8000)
    result = post(ready, sim, inline(data))
    assert (result["statusCode"], body_of(result)["code"]) == (422, "too_long")


def test_long_inline_audio_goes_by_way_of_the_bucket_and_leaves_it(sim: Simulator, load_step) -> None:
    """Whose analysis audio is too large for an answer: made small here by a small bound. It is decoded once."""
    in_vault(sim, 1, OURS)
    decode = load_step("decode")
    decode.INLINE_BYTES = 1000
    asked = []

    def answer(payload):
        asked.append(payload["targets"]["analysis"])
        return decode.handler(payload, None)

    sim.functions["LEMM_FUNCTION_DECODE"] = answer
    assert body_of(post(load_step("safety-check"), sim, inline(COPY)))["outcome"] == "block"
    assert len(asked) == 1
    assert audio_left(sim) == []


def test_two_long_inline_outputs_under_one_id_at_once_are_each_heard_for_themselves(sim: Simulator, load_step) -> None:
    """Another sound is sent under the same id while the first one's samples lie in the bucket."""
    in_vault(sim, 1, OURS)
    registered(sim, ("Known piece", as_file(piece(4, S))))
    lenient(sim)
    decode, check = load_step("decode"), load_step("safety-check")
    decode.INLINE_BYTES = 1000
    written = []

    def answer(payload):
        told = decode.handler(payload, None)
        written.append(payload["targets"]["analysis"])
        if len(written) == 2:
            raise SourceUnavailable("the second request ends here")
        assert post(check, sim, inline(OTHER))["statusCode"] == 503
        return told

    sim.functions["LEMM_FUNCTION_DECODE"] = answer
    assert body_of(post(check, sim, inline(COPY)))["outcome"] == "block"
    assert len(set(written)) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"output_id": "out_one", "model_id": "m"}, 422),
        (inline(COPY, audio_upload_token=numbered("upl", 1)), 422),
        ({"output_id": "out_one", "model_id": "m", "audio_base64": "not base64!"}, 422),
        ({"output_id": "out_one", "model_id": "m", "audio_base64": ""}, 413),
        ({"output_id": "../x", "model_id": "m", "audio_base64": "AAAA"}, 422),
        (inline(bytes(4 * 2**20 + 1)), 413),
        (inline(bytes(5 * 2**20)), 413),
        (inline(COPY, surprise=1), 422),
        (inline(COPY) | {"model_id": "a model"}, 422),
        (inline(COPY) | {"model_id": "m" * 121}, 422),
    ],
)
def test_requests_of_the_wrong_form(sim: Simulator, ready, body, status) -> None:
    assert post(ready, sim, body)["statusCode"] == status
    assert audio_left(sim) == []


def test_who_may(sim: Simulator, ready) -> None:
    assert post(ready, sim, inline(COPY), "system", "training")["statusCode"] == 403
    assert post(ready, sim, inline(COPY), "admin", "x")["statusCode"] == 403
    assert ready.handler(event("POST", "/safety/checks", body=inline(COPY)), None)["statusCode"] == 401


@pytest.mark.parametrize("way", ["inline", "upload"])
def test_killed_anywhere_and_asked_again_there_is_one_check_and_no_audio(load_step, way) -> None:
    short = as_file(piece(1, 6.0))

    def make():
        sim = Simulator()
        in_vault(sim, 1, short)
        wire_decoder(sim, load_step)
        body = inline(short) if way == "inline" else uploaded(sim, short)
        bearer = token(sim, "system", "safety")
        module = load_step("safety-check")

        def step(deps):
            module.app.bind(deps)
            result = module.handler(event("POST", "/safety/checks", body=body, bearer=bearer), None)
            assert body_of(result)["outcome"] == "block"

        return sim, step

    for label, sim in killed_everywhere(make):
        assert len(sim.store.everything(OutputCheck)) == 1, label
        assert len(events(sim)) == 1, label
        assert audio_left(sim) == [], label


def test_blocks_of_a_service_are_counted_and_told(sim: Simulator, ready) -> None:
    head = PolicyVersion(
        number=2, policy=Policy(blocked_told=1), author="acc", reason="test", at=sim.clock(), is_head=True
    )
    sim.store.commit([Put(head, 0)])
    post(ready, sim, inline(COPY))
    told = sorted((one.recipient, one.about) for one in sim.store.everything(Message))
    assert told == [("admins", SERVICE), ("reviewers", SERVICE)]
    post(ready, sim, inline(COPY))
    assert len(sim.store.everything(Message)) == 2


def test_an_output_that_plays_a_vault_tune_anew_is_warned_of_and_not_blocked(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, as_file(piece(14, 60.0)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    wire_decoder(sim, load_step)
    output = as_file(arranged(14, 60.0, -3, 0.9, "song")[: 35 * RATE], "OGG")
    answer = body_of(post(load_step("safety-check"), sim, inline(output)))
    assert (answer["outcome"], answer["similarity_level"]) == ("warn", "warning")
    reason = next(one for one in answer["reasons"] if one["code"] == "similar_melody")
    assert reason["refs"] == [track_id]
    assert answer["versions"]["calibration:melody"]

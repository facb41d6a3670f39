"""What goes wrong around a check ends in a right answer, in `not_cleared`, or in a refusal: never in an allowance."""

import threading

import pytest
from asking import audio_left, events, inline, post, uploaded, wire_decoder
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_domain.errors import SourceUnavailable, Unavailable
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.same_sound import SoundAnswer
from vault_edge.outbound import Recording
from wire import body_of

S = 12.0
OURS = as_file(piece(1, S))
OTHER = as_file(piece(2, S), "MP3")
LENIENT = Policy(thresholds=Thresholds(weak=0.9, strong=0.9))


@pytest.fixture
def ready(sim: Simulator, load_step):
    in_vault(sim, 1, OURS)
    registered(sim, ("Known piece", as_file(piece(4, S))))
    wire_decoder(sim, load_step)
    head = PolicyVersion(number=2, policy=LENIENT, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])
    return load_step("safety-check")


class Lookup:
    """AcoustID: answers, raises, or says what makes no sense."""

    def __init__(self, *found, error=None) -> None:
        self.found, self.error = found, error

    def lookup(self, fingerprint, duration_s):
        if self.error:
            raise self.error
        return self.found


@pytest.mark.parametrize("error", [SourceUnavailable("no answer within 5 s"), SourceUnavailable("answered nonsense")])
def test_a_slow_or_wrong_lookup_clears_nothing_and_blocks_still_stand(sim, ready, error) -> None:
    ready.app.bind(sim.container(acoustid=Lookup(error=error)))
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert (answer["outcome"], answer["missing"]) == ("not_cleared", ["acoustid"])
    assert [one["code"] for one in answer["suggestions"]] == ["try_later"]
    blocked = body_of(post(ready, sim, inline(OURS, "out_two")))
    assert (blocked["outcome"], blocked["missing"]) == ("block", ["acoustid"])
    ready.app.bind(sim.container(acoustid=Lookup()))
    assert body_of(post(ready, sim, inline(OTHER)))["outcome"] == "allow"


@pytest.mark.parametrize("name", ["vault", "catalogues/open"])
@pytest.mark.parametrize("damage", ["bit", "half", "gone", "manifest"])
def test_a_damaged_snapshot_is_found_out_and_clears_nothing(sim, ready, name, damage) -> None:
    bucket = sim.buckets.open("snapshots")
    parts = [info.key for info in bucket.list(f"{name}/") if "manifest" not in info.key]
    manifest = f"{name}/manifest.json"
    for key in [manifest] if damage == "manifest" else parts:
        data = bucket.read(key, limit=10**9)
        if damage == "gone":
            bucket.delete(key)
            continue
        at = len(data) // 2
        worse = data[:at] if damage in ("half", "manifest") else data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        bucket.write(key, worse, content_type="application/octet-stream")
    ready.app.bind(sim.container())
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert answer["outcome"] == "not_cleared"
    assert answer["missing"] == ["vault" if name == "vault" else "catalogue"]
    assert len(events(sim)) == 1


class Throttled:
    """A store whose reads or writes fail now and then, or always."""

    def __init__(self, inner, fails: str, times: int) -> None:
        self._inner, self._fails, self.left = inner, fails, times

    def __getattr__(self, name):
        found = getattr(self._inner, name)

        def maybe(*given, **named):
            if name == self._fails and self.left:
                self.left -= 1
                raise Unavailable("throttled")
            return found(*given, **named)

        return maybe if callable(found) else found


@pytest.mark.parametrize("fails", ["get", "list", "together", "commit"])
@pytest.mark.parametrize("way", ["inline", "upload"])
def test_a_throttled_store_gives_no_answer_and_the_same_question_later_the_right_one(sim, ready, fails, way) -> None:
    body = inline(OTHER) if way == "inline" else uploaded(sim, OTHER)
    ready.app.bind(sim.container(records=Throttled(sim.store, fails, 10**9)))
    refused = post(ready, sim, body)
    assert refused["statusCode"] in (401, 503)
    assert sim.store.everything(OutputCheck) == ()
    assert sim.store.everything(SoundAnswer) == ()
    ready.app.bind(sim.container())
    assert body_of(post(ready, sim, body))["outcome"] == "allow"
    assert len(events(sim)) == 1
    assert audio_left(sim) == []


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("fails", ["list", "together"])
def test_one_read_of_those_side_by_side_that_fails_before_or_after_the_comparison_records_nothing(
    sim, ready, fails, nth
) -> None:
    class Failing(Throttled):
        """From the nth question about the output's own records on, no answer."""

        def __getattr__(self, name):
            def maybe(asked, *given, **named):
                if asked is OutputCheck or name == "together":
                    self.left -= 1
                    if self.left < 0:
                        raise Unavailable("throttled")
                return getattr(self._inner, name)(asked, *given, **named)

            return maybe if name == self._fails else getattr(self._inner, name)

    # The first listing finds whose output it is, before anything is decoded.
    ready.app.bind(sim.container(records=Failing(sim.store, fails, nth if fails == "list" else nth - 1)))
    assert post(ready, sim, inline(OTHER))["statusCode"] == 503
    assert sim.store.everything(OutputCheck) == sim.store.everything(SoundAnswer) == ()
    kept = any(info.key.startswith("features/") for info in sim.buckets.open("outputs").list(""))
    assert kept is (nth == 2)


def test_an_output_whose_fingerprints_can_not_be_kept_is_not_recorded(sim, ready) -> None:
    deps, real = sim.container(), sim.container().bucket

    class Full:
        def __init__(self, inner) -> None:
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def write(self, *given, **named):
            raise Unavailable("no room")

    deps.bucket = lambda name: Full(real(name)) if name == "outputs" else real(name)
    ready.app.bind(deps)
    assert post(ready, sim, inline(OTHER))["statusCode"] == 503
    assert sim.store.everything(OutputCheck) == sim.store.everything(SoundAnswer) == ()


def test_a_decoder_that_fails_is_no_allowance_and_leaves_the_upload_usable(sim, ready) -> None:
    decode = sim.functions["LEMM_FUNCTION_DECODE"]

    def broken(payload):
        raise Unavailable("the decoder did not answer")

    sim.functions["LEMM_FUNCTION_DECODE"] = broken
    body = uploaded(sim, OTHER)
    assert post(ready, sim, body)["statusCode"] == 503
    assert sim.store.everything(OutputCheck) == ()
    sim.functions["LEMM_FUNCTION_DECODE"] = decode
    assert body_of(post(ready, sim, body))["outcome"] == "allow"
    assert audio_left(sim) == []


def test_a_caller_that_hangs_up_and_asks_again_meets_its_own_check(sim, ready) -> None:
    """The function goes on without its caller; the second question comes while the first is under way."""
    body, answers = inline(OURS), []
    first = threading.Thread(target=lambda: answers.append(body_of(post(ready, sim, body))))
    first.start()
    again = body_of(post(ready, sim, body))
    first.join()
    assert answers == [again]
    assert again["outcome"] == "block"
    assert len(sim.store.everything(OutputCheck)) == len(events(sim)) == 1


def test_a_lookup_that_knows_it_blocks_whatever_else_is_out_of_reach(sim, ready) -> None:
    sim.buckets.open("snapshots").write("vault/manifest.json", b"{}", content_type="application/json")
    ready.app.bind(sim.container(acoustid=Lookup(Recording(1.0, "a", "mb", "Song", "Band"))))
    answer = body_of(post(ready, sim, inline(OTHER)))
    assert (answer["outcome"], answer["missing"]) == ("block", ["vault"])
    assert "trim" not in [one["code"] for one in answer["suggestions"]]


def test_a_long_inline_output_that_can_not_be_recorded_leaves_nothing_in_the_bucket(sim, ready, load_step) -> None:
    decode = load_step("decode")
    decode.app.bind(sim.container())
    decode.INLINE_BYTES = 1000
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda payload: decode.handler(payload, None)
    ready.app.bind(sim.container(records=Throttled(sim.store, "commit", 10**9)))
    assert post(ready, sim, inline(OTHER))["statusCode"] == 503
    assert sim.store.everything(OutputCheck) == ()
    assert audio_left(sim) == []

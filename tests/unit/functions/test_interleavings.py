"""Whatever happens in whatever order: uploads, submissions, executions that die, revocations, sweeps.

The law, at every moment: no two accepted tracks have the same sound; what is
accepted can be found and is stored; what was taken back is found by no later
search that began after the call returned. And when everything has come to rest:
nothing is stuck, the index holds exactly the accepted tracks, no claim is left
by a track that is out, and of every sound that nobody took back exactly one
track is in.
"""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from ingesting import OWNER, an_upload, indexed, lonely_vault, main_of, run, sound, submitted
from machine import Execution
from simulator import Killed
from vault_domain.admission import vault_audio_key
from vault_domain.evidence import Original
from vault_domain.rights import RevokeAsk, RightsRecord
from vault_domain.tracks import Status, Track
from vault_domain.uploads import Upload, source_key

SOUNDS = (1, 2)
DEATHS = st.none() | st.tuples(st.integers(1, 5), st.booleans())


class Vault(RuleBasedStateMachine):
    """One vault, one owner, and everything that can go wrong."""

    uploads = Bundle("uploads")
    tracks = Bundle("tracks")

    def __init__(self) -> None:
        super().__init__()
        self.sim = lonely_vault()
        self.running: list[Execution] = []
        self.known = 0
        self.taken_back: set[str] = set()

    @rule(target=uploads, seed=st.sampled_from(SOUNDS))
    def upload(self, seed: int) -> str:
        upload_id = an_upload(self.sim, sound(seed, 4.0))
        self._start(f"{upload_id}-0", {"key": source_key(upload_id)})
        return upload_id

    @rule(target=uploads, seed=st.sampled_from(SOUNDS))
    def upload_whose_event_is_lost(self, seed: int) -> str:
        return an_upload(self.sim, sound(seed, 4.0))

    @rule(target=tracks, upload_id=consumes(uploads), death=DEATHS)
    def submit(self, upload_id: str, death: tuple[int, bool] | None) -> object:
        """A client whose call dies asks again."""
        self._die(death, lambda: submitted(self.sim, upload_id, deps=self.sim.container()))
        upload = self.sim.store.get(Upload, upload_id)
        assert upload is not None
        if upload.state.value == "expired":
            return multiple()
        return submitted(self.sim, upload_id)

    @rule(which=st.integers(0, 9), steps=st.integers(1, 9), death=DEATHS)
    def an_execution_moves(self, which: int, steps: int, death: tuple[int, bool] | None) -> None:
        if self.running:
            one = self.running[which % len(self.running)]
            self._die(death, lambda: [one.step() for _ in range(steps)])

    @rule(which=st.integers(0, 9), at=st.integers(1, 6), other=st.integers(0, 9), steps=st.integers(1, 4))
    def another_moves_in_the_middle(self, which: int, at: int, other: int, steps: int) -> None:
        """Just before one of the effects of a step, another execution takes steps of its own."""
        if self.running:
            one, two = (self.running[number % len(self.running)] for number in (which, other))
            if one is not two:
                self._in_the_middle(at, one.step, lambda: [two.step() for _ in range(steps)])

    @rule(which=st.integers(0, 9), at=st.integers(1, 6), track_id=tracks)
    def taken_back_in_the_middle(self, which: int, at: int, track_id: str) -> None:
        if self.running and self._track(track_id).status not in (Status.REJECTED_FINAL, Status.REMOVED):
            one = self.running[which % len(self.running)]
            self._in_the_middle(at, one.step, lambda: self._take_back(track_id))

    @rule(which=st.integers(0, 9), at=st.integers(1, 6))
    def swept_in_the_middle(self, which: int, at: int) -> None:
        if self.running:
            one = self.running[which % len(self.running)]
            self._in_the_middle(at, one.step, lambda: run("sweep", self.sim.container(), now=True))
            self._begin_what_was_started()

    @rule(which=st.integers(0, 9))
    def an_execution_is_lost(self, which: int) -> None:
        if self.running:
            self.running.pop(which % len(self.running))

    @rule(track_id=tracks, death=DEATHS)
    def take_back(self, track_id: str, death: tuple[int, bool] | None) -> None:
        if self._track(track_id).status is Status.REJECTED_FINAL:
            return
        self._die(death, lambda: self._take_back(track_id))
        self._take_back(track_id)
        assert track_id not in indexed(self.sim)

    @rule(now=st.booleans(), death=DEATHS)
    def sweep(self, now: bool, death: tuple[int, bool] | None) -> None:
        self._die(death, lambda: run("sweep", self.sim.container(), now=now))
        self._begin_what_was_started()

    @rule(minutes=st.sampled_from([1, 20, 120]))
    def time_passes(self, minutes: int) -> None:
        self.sim.clock.now += timedelta(minutes=minutes)

    @invariant()
    def the_law_holds(self) -> None:
        tracks = self.sim.store.everything(Track)
        accepted = [track for track in tracks if track.status is Status.ACCEPTED]
        assert len({track.audio_sha256 for track in accepted}) == len(accepted)
        if accepted:
            assert {track.track_id for track in accepted} <= indexed(self.sim)
        vault = self.sim.buckets.open("vault").dump()
        assert all(vault_audio_key(track.track_id) in vault for track in accepted)
        for track in tracks:
            rights = self.sim.store.get(RightsRecord, track.track_id)
            assert rights is not None
            assert rights.revoked is (track.status is Status.REMOVED)

    def teardown(self) -> None:
        """Let everything come to rest, and look again."""
        for _ in range(12):
            self._begin_what_was_started()
            for one in self.running:
                one.to_end()
            self.running = [one for one in self.running if one.status == "waiting"]
            if not run("sweep", self.sim.container(), now=True)["plan"]:
                break
            self.sim.clock.now += timedelta(hours=1)
        self.the_law_holds()
        tracks = self.sim.store.everything(Track)
        accepted = {track.track_id for track in tracks if track.status is Status.ACCEPTED}
        stuck = [track for track in tracks if track.status.value in ("submitted", "pending_automated_checks")]
        assert not stuck
        assert not [track for track in tracks if track.status is Status.PENDING_REVIEW and track.verdict == "accept"]
        assert indexed(self.sim) == accepted
        assert {claim.track_id for claim in self.sim.store.everything(Original)} == accepted
        left = {track.audio_sha256 for track in tracks if track.track_id in self.taken_back}
        for sha in {track.audio_sha256 for track in tracks} - left - {None}:
            assert sum(track.audio_sha256 == sha for track in tracks if track.track_id in accepted) == 1

    def _take_back(self, track_id: str) -> None:
        self.taken_back.add(track_id)
        main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, self.sim.container())

    def _track(self, track_id: str) -> Track:
        found = self.sim.store.get(Track, track_id)
        assert found is not None
        return found

    def _die(self, death: tuple[int, bool] | None, work: Callable[[], object]) -> None:
        """Do some work; with ``death``, its process dies at one of its effects, if it has as many."""
        if death is not None:
            self.sim.kill_at(death[0], after=death[1])
        try:
            work()
        except Killed:
            pass
        finally:
            self.sim.revive()

    def _in_the_middle(self, at: int, work: Callable[[], object], other: Callable[[], object]) -> None:
        """Run ``other`` whole, just before the effect of ``work`` with this number."""
        fuse, plain, seen = self.sim.fuse, self.sim.fuse.run, []

        def run_(effect: Callable[[], object]) -> object:
            seen.append(effect)
            if len(seen) == at:
                vars(fuse).pop("run")
                other()
            return plain(effect)

        fuse.run = run_  # type: ignore[method-assign]
        try:
            work()
        finally:
            vars(fuse).pop("run", None)

    def _begin_what_was_started(self) -> None:
        for _, name, document in self.sim.task_log.started[self.known :]:
            self._start(name, document)
        self.known = len(self.sim.task_log.started)

    def _start(self, name: str, document: dict) -> None:
        self.running.append(Execution(self.sim, name, {"bucket": "quarantine", **document}, embedder=None))


TestVault = Vault.TestCase
TestVault.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)

"""A machine that lets anybody call anything of governance, in any order, and the law that must hold all the while.

The law is written here once more, independently: who may succeed with which
call, which status may follow which, what an admitted track must have behind it,
and which data may appear in an answer to whom.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from claiming import an_ask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ingesting import OWNER, STRANGER, admitted, fingerprinted, main_of, report, run, sound
from reviewing import ADMIN, ANNA, BEN, a_hit, found
from simulator import Killed, Simulator
from vault_domain.accounts import Account
from vault_domain.appeals import Appeal, AppealAsk, AppealDecisionAsk
from vault_domain.errors import StaleEvidence
from vault_domain.events import AuditEvent, Kind
from vault_domain.flags import FlagAsk, FlagsAsk
from vault_domain.governance import PolicyAsk, TrialAsk
from vault_domain.holds import Hold
from vault_domain.infringement import Claim, ScreenAsk, SettleAsk
from vault_domain.notes import NoteAsk
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.review import AnswerAsk, OverrideAsk, ReviewVote, VoteAsk
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import TABLE, HistoryRow, Status, Track
from vault_edge.caller import Caller
from vault_edge.reviewing import findings_of
from wire import event, token

SERVICE = Caller("svc_" + "0" * 26, "system", frozenset({"training"}))
PROMOTED = Caller(OWNER.id, "reviewer")
PEOPLE = (OWNER, PROMOTED, STRANGER, ANNA, BEN, ADMIN, SERVICE, None)
FIT = (ANNA, BEN, ADMIN)
WORDS = "these are words enough"
WRONG = "f" * 64

MAY: dict[str, set[str]] = {
    "queue": {"reviewer", "admin"}, "evidence": {"reviewer", "admin"}, "claim": {"reviewer", "admin"},
    "votes": {"reviewer", "admin"}, "note": {"reviewer", "admin"}, "override": {"admin"}, "answers": {"owner"},
    "questions": {"owner", "reviewer", "admin"},
    "appeal": {"owner"}, "appeal-read": {"owner", "reviewer", "admin"}, "decision": {"reviewer", "admin"},
    "claims": {"reviewer", "admin"}, "screening": {"reviewer", "admin"},
    "settling": {"reviewer", "admin"}, "claims-about": {"owner", "reviewer", "admin"}, "claim-answer": {"owner"},
    "flag": {"contributor", "reviewer", "admin"}, "flags": {"reviewer", "admin"},
    "flags-decision": {"reviewer", "admin"}, "listing": {"contributor", "reviewer", "admin"},
    "policy": {"admin"}, "trial": {"admin"}, "history": {"contributor", "reviewer", "admin"},
    "track": {"owner", "reviewer", "admin"}, "receipt": {"owner"}, "consents": {"owner", "reviewer", "admin"},
    "consent": {"owner"}, "invitation": {"owner"}, "corrected": {"owner", "reviewer", "admin"}, "correction": {"owner"},
    "revoke": {"owner"}, "snippet": {"reviewer", "admin"}, "bulk": {"admin"}, "bulk-decision": {"admin"},
    "proof": {"contributor", "reviewer", "admin"}, "proofs": {"reviewer", "admin"},
    "proof-record": {"reviewer", "admin"}, "proof-withdrawal": {"admin"}, "role": {"admin"},
    "messages": {"contributor", "reviewer", "admin"}, "box": {"reviewer", "admin"}, "admin-box": {"admin"},
}  # fmt: skip
NOT_ON_ONES_OWN = {
    "note", "evidence", "claim", "votes", "override", "decision", "screening", "settling", "flag", "flags-decision",
    "snippet", "proof-record", "proof-withdrawal", "bulk-decision", "role",
}  # fmt: skip
OPEN_TO_STRANGERS = {"flag"}
AUTHOR = "author@rights.example"
INVITED = "somebody@else.example"
NOTED = "between reviewers alone"
FOUND = (a_hit(), a_hit(), a_hit(), a_hit("cat:two", 0.6), a_hit("cat:strong", 0.95, overlap_s=40))
HITS = st.lists(st.sampled_from(FOUND), min_size=1, max_size=2, unique_by=lambda hit: hit.ref)
CHOICES = st.sampled_from(["approve", "reject", "needs_more_info"])
DEATHS = st.sampled_from([None, (1, False), (1, True), (2, False)])


class Governance(RuleBasedStateMachine):
    """Three tracks, everybody, and every route of review, appeal, claims and policy, over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.sim = Simulator()
        self.tracks: list[str] = []
        for seed, hits in ((1, (a_hit(),)), (2, (a_hit("cat:strong", 0.95, overlap_s=40),))):
            _, track_id = fingerprinted(self.sim, sound(seed, 4.0))
            found(self.sim, track_id, *hits)
            run("decide", self.sim.deps, track_id=track_id)
            self.tracks.append(track_id)
        self.tracks.append(admitted(self.sim, sound(3, 4.0))[1])

    # --- people ------------------------------------------------------------------

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2), choice=CHOICES, right=st.booleans(), death=DEATHS)
    def votes(self, who: Caller | None, which: int, choice: str, right: bool, death: Any) -> None:
        ask = VoteAsk(vote=choice, evidence_sha256=self._evidence(which, right), note=WORDS)  # type: ignore[arg-type]
        self._call("votes", "review", "POST", "/review/{}/votes", which, who, ask, death)

    @rule(who=st.sampled_from(FIT), which=st.integers(0, 2), choice=CHOICES, death=DEATHS)
    def reviewers_work(self, who: Caller, which: int, choice: str, death: Any) -> None:
        """Mostly allowed, so that long ways are seen too."""
        self.votes(who, which, choice, True, death)

    @rule(which=st.integers(0, 2))
    def the_owner_answers(self, which: int) -> None:
        self.answers(OWNER, which)
        self.appeals(OWNER, which)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2), choice=st.sampled_from(["approve", "reject"]))
    def overrides(self, who: Caller | None, which: int, choice: str) -> None:
        ask = OverrideAsk(vote=choice, evidence_sha256=self._evidence(which, True), reason=WORDS)  # type: ignore[arg-type]
        self._call("override", "review", "POST", "/review/{}/override", which, who, ask)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def claims(self, who: Caller | None, which: int) -> None:
        self._call("claim", "review", "POST", "/review/{}/claim", which, who)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def notes(self, who: Caller | None, which: int) -> None:
        self._call("note", "review", "POST", "/review/{}/notes", which, who, NoteAsk(note=NOTED))

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def answers(self, who: Caller | None, which: int) -> None:
        self._call("answers", "review", "POST", "/review/{}/answers", which, who, AnswerAsk(answer=WORDS))

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def looks(self, who: Caller | None, which: int) -> None:
        self._call("queue", "review", "GET", "/review/queue", which, who)
        self._call("evidence", "review", "GET", "/review/{}", which, who)
        self._call("questions", "review", "GET", "/review/{}/questions", which, who)
        self._call("appeal-read", "appeal", "GET", "/tracks/{}/appeal", which, who)
        self._call("history", "policy", "GET", "/policy/history", which, who)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def appeals(self, who: Caller | None, which: int) -> None:
        self._call("appeal", "appeal", "POST", "/tracks/{}/appeal", which, who, AppealAsk(reason=WORDS))

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2), outcome=st.sampled_from(["upheld", "dismissed"]))
    def settles(self, who: Caller | None, which: int, outcome: str) -> None:
        findings = WRONG
        if self.sim.store.list(Appeal, self.tracks[which]).items:
            findings = main_of("appeal").show(self.tracks[which], ADMIN, self.sim.container())["findings_sha256"]
        ask = AppealDecisionAsk(outcome=outcome, findings_sha256=findings, answer=WORDS)  # type: ignore[arg-type]
        self._call("decision", "appeal", "POST", "/tracks/{}/appeal/decision", which, who, ask)

    @rule(who=st.sampled_from(PEOPLE), approvals=st.integers(2, 3))
    def changes_policy(self, who: Caller | None, approvals: int) -> None:
        number, _ = self.sim.container().policy_in_force()
        policy = Policy(approvals_flagged=approvals, admin_decides_alone=False)
        self._call("trial", "policy", "POST", "/policy/trial", 0, who, TrialAsk(policy=policy))
        self._call(
            "policy", "policy", "POST", "/policy", 0, who, PolicyAsk(expects=number, policy=policy, reason=WORDS)
        )

    @rule(which=st.integers(0, 2), mood=st.integers(0, 5))
    def the_owner_takes_it_back(self, which: int, mood: int) -> None:
        if mood == 0 and self._track(self.tracks[which]).status is not Status.REJECTED_FINAL:
            main_of("revoke").take_back(self.tracks[which], RevokeAsk(), OWNER, self.sim.container())

    # --- claims and flags --------------------------------------------------------

    @rule(which=st.integers(0, 2), death=DEATHS)
    def somebody_outside_claims(self, which: int, death: Any) -> None:
        self._call("file", "claims", "POST", "/claims", which, None, an_ask(self.tracks[which], email=AUTHOR), death)
        for claim in self.sim.store.everything(Claim):
            key = main_of("claims").TokenAsk(token=self.sim.container().salted(f"claim:{claim.claim_id}"))
            self._call("file", "claims", "POST", f"/claims/{claim.claim_id}/confirmation", which, None, key, death)

    @rule(who=st.sampled_from(PEOPLE), outcome=st.sampled_from(["unfounded", "examine"]), death=DEATHS)
    def judges_claims(self, who: Caller | None, outcome: str, death: Any) -> None:
        ask = ScreenAsk(outcome=outcome, reason=WORDS)  # type: ignore[arg-type]
        for claim in self.sim.store.everything(Claim):
            about = self._about(claim)
            self._call("screening", "claims", "POST", f"/claims/{claim.claim_id}/screening", about, who, ask, death)
            self._call("claim", "claims", "GET", f"/claims/{claim.claim_id}", about, who)

    @rule(who=st.sampled_from((*FIT, OWNER)), outcome=st.sampled_from(["keep", "remove", "negotiate"]), death=DEATHS)
    def settles_claims(self, who: Caller, outcome: str, death: Any) -> None:
        self.judges_claims(who, "examine", None)
        for claim in self.sim.store.everything(Claim):
            about = self._about(claim)
            track = self._track(self.tracks[about])
            findings = findings_of(track, self.sim.container()).sha256
            ask = SettleAsk(outcome=outcome, findings_sha256=findings, reason=WORDS)  # type: ignore[arg-type]
            self._call("settling", "claims", "POST", f"/claims/{claim.claim_id}/decision", about, who, ask, death)

    @rule(which=st.integers(0, 2), steps=st.integers(1, 4), ends=st.sampled_from(["keep", "remove", "negotiate"]))
    def a_claim_goes_its_way(self, which: int, steps: int, ends: str) -> None:
        """Mostly allowed, so that long ways are seen too."""
        self.somebody_outside_claims(which, None)
        if steps > 1:
            self.judges_claims(ANNA, "unfounded" if steps == 2 else "examine", None)
        if steps > 3:
            self.settles_claims(BEN, ends, None)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2), outcome=st.sampled_from(["dismissed", "claim_opened"]))
    def flags(self, who: Caller | None, which: int, outcome: str) -> None:
        ask, decision = FlagAsk(about="other", words=WORDS), FlagsAsk(outcome=outcome, reason=WORDS)  # type: ignore[arg-type]
        self._call("flag", "claims", "POST", "/tracks/{}/flags", which, who, ask)
        self._call("flags-decision", "claims", "POST", "/tracks/{}/flags/decision", which, who, decision)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def reads_claims(self, who: Caller | None, which: int) -> None:
        self._call("claims", "claims", "GET", "/claims", which, who)
        self._call("flags", "claims", "GET", "/flags", which, who)
        self._call("listing", "claims", "GET", "/listing", which, who)
        self._call("claims-about", "claims", "GET", "/tracks/{}/claims", which, who)
        for claim in self.sim.store.everything(Claim):
            path = f"/tracks/{claim.track_id}/claims/{claim.claim_id}/answer"
            ask = main_of("claims").WordsAsk(answer=WORDS)
            self._call("claim-answer", "claims", "POST", path, self._about(claim), who, ask)

    @rule()
    def the_sweep_runs(self) -> None:
        run("sweep", self.sim.container())

    # --- the pipeline ------------------------------------------------------------

    @rule(which=st.integers(0, 2), hits=HITS)
    def the_pipeline_runs(self, which: int, hits: list[Any]) -> None:
        track_id = self.tracks[which]
        if self._track(track_id).status is Status.REMOVED:
            return
        found(self.sim, track_id, *hits)
        self.what_was_started_goes_on(which)

    @rule(which=st.integers(0, 2))
    def what_was_started_goes_on(self, which: int) -> None:
        track_id = self.tracks[which]
        if self._track(track_id).status is Status.REMOVED:
            return
        try:
            self._decided_and_admitted(track_id)
        except StaleEvidence:  # the state machine has it compared again: now with the index as it is
            report(self.sim, track_id)
            self._decided_and_admitted(track_id)

    def _decided_and_admitted(self, track_id: str) -> None:
        if run("decide", self.sim.container(), track_id=track_id)["outcome"] == "accept":
            run("admit", self.sim.container(), track_id=track_id)

    @rule(hours=st.sampled_from([1, 24 * 20]))
    def time_passes(self, hours: int) -> None:
        self.sim.clock.now += timedelta(hours=hours)

    # --- the law -----------------------------------------------------------------

    @invariant()
    def histories_are_in_the_table(self) -> None:
        allowed = {(row.source, row.trigger, row.target) for row in TABLE}
        for track_id in self.tracks:
            rows = self.sim.store.list(HistoryRow, track_id).items
            assert all((row.source, row.trigger, row.target) in allowed for row in rows[1:])
            assert [row.step for row in rows] == list(range(len(rows)))
            assert rows[-1].target is self._track(track_id).status

    @invariant()
    def whoever_is_in_was_decided_for(self) -> None:
        for track_id in self.tracks:
            track = self._track(track_id)
            if track.status is not Status.ACCEPTED or track.verdict == "accept":
                continue
            assert track.approval is not None
            decided = [one for one in self._events(track_id) if one.event in (Kind.REVIEW_DECIDED, Kind.APPEAL_DECIDED)]
            assert any(one.data["outcome"] in ("approve", "upheld") for one in decided)

    @invariant()
    def nobody_voted_twice_or_on_their_own(self) -> None:
        for track_id in self.tracks:
            votes = self.sim.store.list(ReviewVote, track_id).items
            assert len({(vote.reviewer, vote.evidence_sha256) for vote in votes}) == len(votes)
            assert OWNER.id not in {vote.reviewer for vote in votes}
            for appeal in self.sim.store.list(Appeal, track_id).items:
                assert appeal.decided_by not in (OWNER.id, *appeal.rejected_by)

    @invariant()
    def a_track_is_locked_exactly_while_a_claim_stands(self) -> None:
        for track_id in self.tracks:
            hold, status = self.sim.store.get(Hold, track_id), self._track(track_id).status
            if status in (Status.ACCEPTED, Status.UNDER_INVESTIGATION):
                assert (status is Status.UNDER_INVESTIGATION) is bool(hold and hold.claims)
        for claim in self.sim.store.everything(Claim):
            assert claim.locks is (claim.claim_id in getattr(self.sim.store.get(Hold, claim.track_id), "claims", ()))
            assert OWNER.id not in (claim.screened_by, claim.decided_by)
            assert claim.opened_by is None or claim.opened_by != claim.decided_by

    @invariant()
    def policies_are_one_line(self) -> None:
        numbers = sorted(one.number for one in self.sim.store.everything(PolicyVersion) if not one.is_head)
        assert numbers == list(range(2, 2 + len(numbers)))
        assert {one.author for one in self.sim.store.everything(PolicyVersion)} <= {ADMIN.id}

    # --- calling -----------------------------------------------------------------

    def _call(
        self, what: str, step: str, method: str, path: str, which: int, who: Caller | None,
        ask: Any = None, death: Any = None, query: str = "",
    ) -> Any:  # fmt: skip
        """What was answered, where the call succeeded. It succeeds only for whom the law has it."""
        bearer = None
        if who is not None:
            bearer = token(self.sim, who.role, *sorted(who.scopes), subject=who.id)
        app = main_of(step).app
        app.bind(self.sim.container())
        body = ask.model_dump(mode="json") if ask is not None else None
        call = event(method, path.format(self.tracks[which]), body=body, bearer=bearer, query=query)
        answer = self._dying(lambda: app.answer(call), death)
        if answer is None:
            return None
        status = answer["statusCode"]
        assert status < 500
        if status < 300:
            if what == "file":
                return None
            assert who is not None
            is_owner, targeted = who.id == OWNER.id, "{}" in path and what not in OPEN_TO_STRANGERS
            assert who.role in MAY[what] or ("owner" in MAY[what] and is_owner)
            assert not (what in NOT_ON_ONES_OWN and is_owner)
            if targeted and not is_owner:
                assert who.role in ("reviewer", "admin")
            self._is_still_in_office(who, what)
            found = json.loads(answer["body"])
            self._shows_no_more_than_it_may(who, found)
            return found
        return None

    def _is_still_in_office(self, who: Caller, what: str) -> None:
        """Whoever decides about others has the role for it on record at this moment, whatever their token says."""
        account = self.sim.store.get(Account, who.id)
        if account is not None and what in NOT_ON_ONES_OWN:
            assert account.role in MAY[what]

    def _shows_no_more_than_it_may(self, who: Caller, shown: Any) -> None:
        text = json.dumps(shown)
        if who.id == OWNER.id and who.role == "contributor" and "versions" not in shown:
            assert not [one.id for one in (ANNA, BEN, ADMIN) if one.id in text]
        if who.role == "contributor":
            assert AUTHOR not in text
            assert INVITED not in text
            assert NOTED not in text
        if who.id == STRANGER.id and who.role == "contributor":
            assert not [track_id for track_id in self._unlisted() if track_id in text]
        if "tracks" in shown and "cursor" in shown and "submitter" in text:
            assert all(row["submitter"] != who.id for row in shown["tracks"])

    def _dying(self, work: Callable[[], Any], death: Any) -> Any:
        if death is not None:
            self.sim.kill_at(death[0], after=death[1])
        try:
            return work()
        except Killed:
            return None
        finally:
            self.sim.revive()

    def _unlisted(self) -> list[str]:
        """Tracks that no listing shows: the listing is of what is in the vault."""
        return [one for one in self.tracks if self._track(one).status is not Status.ACCEPTED]

    def _about(self, claim: Claim) -> int:
        return self.tracks.index(claim.track_id)

    def _evidence(self, which: int, right: bool) -> str:
        return str(self._track(self.tracks[which]).evidence_sha256) if right else WRONG

    def _events(self, track_id: str) -> list[AuditEvent]:
        return [one for one in self.sim.store.everything(AuditEvent) if one.subject == track_id]

    def _track(self, track_id: str) -> Track:
        track = self.sim.store.get(Track, track_id)
        assert track is not None
        return track

"""Anybody calls anything of governance, in any order: nobody gets further than the table and the matrix allow.

The machine and its law are in ``governing``; here it also plays with rights,
corrections, proofs of control, holds, roles, spans and messages.
"""

from typing import Any

from governing import DEATHS, FIT, INVITED, PEOPLE, WORDS, Governance
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from ingesting import OWNER, STRANGER, main_of
from reviewing import ADMIN, ANNA
from vault_domain.accounts import Account, AdminRoster
from vault_domain.bulk import BulkAsk, BulkDecision
from vault_domain.consents import ConsentAsk, InviteAsk
from vault_domain.control import ControlAsk, ControlProof, RecordAsk, WithdrawAsk
from vault_domain.corrections import CorrectionAsk
from vault_domain.messages import Message
from vault_domain.ports import Put
from vault_domain.rights import Consent, RevokeAsk, RightsRecord
from vault_domain.snippets import Snippet, SnippetAsk
from vault_domain.tracks import Status
from vault_edge.caller import Caller
from vault_edge.texts import contribution_terms
from wire import event, token

WHO, WHICH = st.sampled_from(PEOPLE), st.integers(0, 2)


class Rights(Governance):
    """What people do beside deciding."""

    @initialize()
    def some_are_on_record(self) -> None:
        """A contributor and a reviewer whose roles can change; of everybody else the token is believed."""
        now = self.sim.clock()
        people = [(STRANGER, "contributor"), (ANNA, "reviewer")]
        accounts = [
            Account(account_id=who.id, display_name="Somebody", role=role, created=now, changed=now)  # type: ignore[arg-type]
            for who, role in people
        ]
        self.sim.store.commit([*(Put(one, 0) for one in accounts), Put(AdminRoster(members=(ADMIN.id,)), 0)])

    @rule(who=WHO, which=WHICH)
    def reads_a_track(self, who: Caller | None, which: int) -> None:
        for path in ("/tracks/{}", "/tracks/{}/status", "/tracks/{}/rights/odrl", "/tracks/{}/rights/cawg"):
            self._call("track", "tracks", "GET", path, which, who)
        self._call("receipt", "tracks", "GET", "/tracks/{}/receipt", which, who)
        self._call("consents", "consent", "GET", "/tracks/{}/consents", which, who)
        self._call("corrected", "corrections", "GET", "/tracks/{}/corrections", which, who)

    @rule(who=st.sampled_from((*PEOPLE, OWNER, OWNER)), which=WHICH, on=st.booleans(), death=DEATHS)
    def changes_consent(self, who: Caller | None, which: int, on: bool, death: Any) -> None:
        rights = self._rights(which)
        flags = rights.flags.model_copy(update={"product_ok": on})
        ask = ConsentAsk(expects=rights.consent_version, flags=flags, accepted_terms_sha256=contribution_terms().sha256)
        self._call("consent", "consent", "POST", "/tracks/{}/consent", which, who, ask, death)
        invitation = InviteAsk(holder="party:0", email=INVITED)
        self._call("invitation", "consent", "POST", "/tracks/{}/invitations", which, who, invitation)

    @rule(who=st.sampled_from((*PEOPLE, OWNER, OWNER)), which=WHICH, year=st.integers(1990, 2001), death=DEATHS)
    def corrects(self, who: Caller | None, which: int, year: int, death: Any) -> None:
        track = self._track(self.tracks[which])
        metadata = track.metadata.model_copy(update={"year": year})
        ask = CorrectionAsk(expects=track.metadata_version, metadata=metadata, reason=WORDS)
        self._call("correction", "corrections", "POST", "/tracks/{}/corrections", which, who, ask, death)

    @rule(who=st.sampled_from([one for one in PEOPLE if one is None or one.id != OWNER.id]), which=WHICH)
    def others_try_to_take_it_back(self, who: Caller | None, which: int) -> None:
        self._call("revoke", "revoke", "POST", "/tracks/{}/revoke", which, who, RevokeAsk())
        self._call("revoke", "revoke", "POST", "/tracks/{}/fingerprints/withdrawal", which, who)

    @rule(who=WHO, outcome=st.sampled_from(["approved", "held"]))
    def holds(self, who: Caller | None, outcome: str) -> None:
        self._call("bulk", "bulk", "GET", "/bulk", 0, who)
        ask = BulkAsk(outcome=outcome, up_to=9 if outcome == "approved" else None, reason=WORDS)  # type: ignore[arg-type]
        self.sim.store.commit([Put(one, 0) for one in self._owner_is_known()])
        self._call("bulk-decision", "bulk", "POST", f"/bulk/{OWNER.id}", 0, who, ask)

    @rule(who=WHO, found=st.booleans(), death=DEATHS)
    def shows_and_records_control(self, who: Caller | None, found: bool, death: Any) -> None:
        shown = ControlAsk(artist="Nova Arc", release="The page of the record")
        self._call("proof", "control", "POST", "/control", 0, OWNER, shown)
        self._call("proof", "control", "GET", "/control", 0, who)
        self._call("proofs", "control", "GET", "/control/open", 0, who)
        record, back = RecordAsk(found=found, where="the page itself"), WithdrawAsk(reason=WORDS)
        for proof in self.sim.store.everything(ControlProof):
            place = f"/control/{proof.control_id}/record"
            self._call("proof-record", "control", "POST", place, 0, who, record, death)
            place = f"/control/{proof.account_id}/{proof.control_id}/withdraw"
            self._call("proof-withdrawal", "control", "POST", place, 0, who, back, death)

    @rule(who=st.sampled_from((*PEOPLE, ADMIN)), whom=st.sampled_from([STRANGER, ANNA]), role=st.booleans())
    def changes_roles(self, who: Caller | None, whom: Caller, role: bool) -> None:
        ask = main_of("accounts").RoleAsk(role="reviewer" if role else "contributor", reason=WORDS)
        self._call("role", "accounts", "POST", f"/accounts/{whom.id}/role", 0, who, ask)

    @rule(who=st.sampled_from((*PEOPLE, *FIT)), which=WHICH)
    def listens(self, who: Caller | None, which: int) -> None:
        ask = SnippetAsk(source="catalogue:open", ref="cat:song")
        self._call("snippet", "snippets", "POST", "/review/{}/snippets", which, who, ask)

    @rule(who=WHO)
    def plays_what_others_opened(self, who: Caller | None) -> None:
        for snippet in self.sim.store.everything(Snippet):
            if who is not None and who.id != snippet.reviewer:
                bearer = token(self.sim, who.role, *sorted(who.scopes), subject=who.id)
                for path in (f"/snippets/{snippet.snippet_id}", f"/snippets/{snippet.snippet_id}/picture"):
                    assert self._status("snippets", "GET", path, bearer) in (403, 404)

    @rule(who=WHO)
    def reads_messages(self, who: Caller | None) -> None:
        found = self._call("messages", "notify", "GET", "/messages", 0, who)
        if found is not None and who is not None:
            mine = {one.message_id for one in self.sim.store.everything(Message) if one.recipient == who.id}
            assert {one["message_id"] for one in found["messages"]} <= mine
        self._call("box", "notify", "GET", "/messages", 0, who, query="box=reviewers")
        self._call("admin-box", "notify", "GET", "/messages", 0, who, query="box=admins")

    # --- the law -----------------------------------------------------------------

    @invariant()
    def only_its_owner_changes_what_is_allowed(self) -> None:
        for which, track_id in enumerate(self.tracks):
            versions = self.sim.store.list(Consent, track_id).items
            assert {one.holder for one in versions} == {OWNER.id}
            assert sorted(one.consent_version for one in versions) == list(range(1, len(versions) + 1))
            assert self._rights(which).consent_version == len(versions)
            if self._rights(which).revoked:
                assert self._track(track_id).status is Status.REMOVED

    @invariant()
    def nobody_decides_about_themselves(self) -> None:
        for proof in self.sim.store.everything(ControlProof):
            assert proof.recorded_by != proof.account_id
        assert OWNER.id not in {one.by for one in self.sim.store.everything(BulkDecision)}
        assert OWNER.id not in {one.reviewer for one in self.sim.store.everything(Snippet)}
        assert self.sim.store.get(AdminRoster, "admins") is None or self._admins() == {ADMIN.id}

    def _admins(self) -> set[str]:
        return {member for roster in self.sim.store.everything(AdminRoster) for member in roster.members}

    def _rights(self, which: int) -> RightsRecord:
        found = self.sim.store.get(RightsRecord, self.tracks[which])
        assert found is not None
        return found

    def _owner_is_known(self) -> list[Account]:
        """Governance decides about accounts that there are."""
        if self.sim.store.get(Account, OWNER.id) is not None:
            return []
        now = self.sim.clock()
        return [Account(account_id=OWNER.id, display_name="Owner", created=now, changed=now)]

    def _status(self, step: str, method: str, path: str, bearer: str) -> int:
        app = main_of(step).app
        app.bind(self.sim.container())
        return int(app.answer(event(method, path, bearer=bearer))["statusCode"])


TestGovernance = Rights.TestCase
TestGovernance.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

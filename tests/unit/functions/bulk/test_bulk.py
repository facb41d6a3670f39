"""bulk: seen and decided by admins, and felt by training at once."""

import pytest
from granting import OWNER, a_track, numbered, stock
from ingesting import main_of
from reviewing import ADMIN
from simulator import Simulator
from vault_domain.accounts import Account
from vault_domain.bulk import BulkAsk, BulkDecision
from vault_domain.errors import Forbidden, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.uploads import Upload
from vault_edge.caller import Caller
from wire import body_of, event, token

OTHER = numbered("acc", 5)
SPEC = {"model_id": "m", "model_type": "diffusion", "purpose": "product"}
FEW = Policy(bulk_tracks=2)


def in_force(sim: Simulator, policy: Policy = FEW) -> None:
    version = PolicyVersion(number=2, policy=policy, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(version, 0)])


def people(sim: Simulator) -> None:
    for number, account_id in enumerate((OWNER, OTHER)):
        account = Account(
            account_id=account_id, email=f"p{number}@zenith.example", display_name=f"Person {number}",
            created=sim.clock(), changed=sim.clock(),
        )  # fmt: skip
        sim.store.commit([Put(account, 0)])


def decide(sim: Simulator, account_id: str = OWNER, caller: Caller = ADMIN, **said) -> object:
    ask = BulkAsk(**{"outcome": "approved", "up_to": 3, "reason": "We met them and heard the music", **said})
    return main_of("bulk").decide(account_id, ask, caller, sim.container())


def listed(sim: Simulator, **page) -> object:
    bulk = main_of("bulk")
    return bulk.show(bulk.Page(**page), ADMIN, sim.container())


def run(sim: Simulator, load_step, run_id: str = "run_one"):
    bearer = token(sim, "system", "training")
    asked = event("POST", "/training/tokens", body={**SPEC, "run_id": run_id}, bearer=bearer)
    return body_of(load_step("gateway-issue-token").handler(asked, None))


def test_what_goes_beyond_the_limit_waits_and_an_approval_lets_it_in(sim: Simulator, load_step):
    in_force(sim)
    people(sim)
    stock(sim, *(a_track(number) for number in range(1, 5)), a_track(9, owner=OTHER))
    opened = run(sim, load_step)["run"]
    assert (opened["tracks_granted"], opened["tracks_left_out"]) == (3, {"held": 2})
    decide(sim)
    assert run(sim, load_step, "run_two")["run"]["tracks_granted"] == 4


def test_a_hold_ends_reads_that_were_granted(sim: Simulator, load_step):
    people(sim)
    stock(sim, a_track(1), a_track(2, owner=OTHER))
    bearer = run(sim, load_step)["token"]
    module = load_step("gateway-fetch")

    def read(number: int):
        path = f"/training/objects/{numbered('trk', number)}"
        return module.handler(event("GET", path, bearer=bearer), None)

    assert read(1)["statusCode"] == 302
    decide(sim, outcome="held", up_to=None)
    assert (read(1)["statusCode"], body_of(read(1))["code"]) == (403, "policy")
    assert read(2)["statusCode"] == 302
    assert run(sim, load_step)["run"]["tracks_left_out"] == {"held": 1}
    decide(sim)
    assert read(2)["statusCode"] == 410, "its manifest was replaced"


def test_an_admin_sees_who_holds_what_and_who_seems_to_belong_together(sim: Simulator):
    in_force(sim)
    people(sim)
    stock(sim, a_track(1), a_track(2), a_track(3), a_track(9, owner=OTHER))
    for number in range(6):
        upload = Upload(
            upload_id=numbered("upl", 50 + number), owner=OWNER, filename=f"loop {number}.wav", declared_bytes=4,
            created=sim.clock(), changed=sim.clock(),
        )  # fmt: skip
        sim.store.commit([Put(upload, 0)])
    shown = listed(sim)
    assert (shown.accepted_tracks, shown.limit) == (4, 2)
    first = shown.entities[0]
    assert (first.account_id, first.tracks, first.share, first.used_up_to, first.waiting) == (OWNER, 3, 0.75, 2, 1)
    (group,) = shown.groups.shown
    assert (shown.groups.found, shown.groups.accounts_compared, shown.groups.names_compared) == (1, 2, 0)
    assert (set(group.members), group.shared, group.over_limit) == ({OWNER, OTHER}, ["email_domain"], True)
    decide(sim, up_to=3)
    after = listed(sim).entities[0]
    assert (after.waiting, after.decision.outcome) == (0, "approved")


def test_every_account_is_on_one_page_and_compared_with_all_others(sim: Simulator):
    owners = [numbered("acc", number) for number in range(1, 8)]
    stock(sim, *(a_track(number, owner=owners[number % 7]) for number in range(1, 23)))
    for owner in owners:
        payee, now = "Zenith" if owner in (owners[0], owners[6]) else None, sim.clock()
        account = Account(
            account_id=owner, email=f"{owner}@gmail.com", display_name=owner, created=now, changed=now,
            payout_name=payee,
        )  # fmt: skip
        sim.store.commit([Put(account, 0)])
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = listed(sim, limit=3, cursor=cursor)
        seen += [(one.tracks, one.account_id) for one in page.entities]
        assert (page.accounts, page.groups is None) == (7, pages > 0)
        if page.groups:
            (group,) = page.groups.shown
            assert (set(group.members), group.shared) == ({owners[0], owners[6]}, ["payout_name"])
        cursor, pages = page.cursor, pages + 1
    assert (pages, sorted(owner for _, owner in seen)) == (3, sorted(owners))
    assert [tracks for tracks, _ in seen] == sorted((tracks for tracks, _ in seen), reverse=True)


def test_files_named_alike_are_found_among_accounts_with_enough_of_them(sim: Simulator):
    people(sim)
    stock(sim, *(a_track(number) for number in range(1, 6)), *(a_track(number, owner=OTHER) for number in range(6, 11)))
    for number in range(12):
        upload = Upload(
            upload_id=numbered("upl", 50 + number), owner=(OWNER, OTHER)[number % 2], filename=f"loop {number}.wav",
            declared_bytes=4, created=sim.clock(), changed=sim.clock(),
        )  # fmt: skip
        sim.store.commit([Put(upload, 0)])
    found = listed(sim).groups
    assert (found.names_compared, found.shown[0].shared) == (2, ["email_domain", "upload_pattern"])


def test_nobody_decides_about_themselves_or_about_nobody(sim: Simulator):
    people(sim)
    with pytest.raises(Forbidden):
        decide(sim, caller=Caller(OWNER, "admin"))
    with pytest.raises(NotFound):
        decide(sim, numbered("acc", 77))


def test_the_same_decision_twice_is_one_and_its_words_stay_out_of_the_log(sim: Simulator):
    people(sim)
    decide(sim)
    decide(sim)
    told = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.BULK_DECIDED]
    assert [one.data for one in told] == [{"outcome": "approved", "up_to": 3}]
    assert len(sim.store.everything(BulkDecision)) == 1


def test_only_admins(sim: Simulator, load_step):
    module = load_step("bulk")
    body = {"outcome": "held", "reason": "no reason at all"}
    for role in ("contributor", "reviewer"):
        assert module.app.answer(event("GET", "/bulk", bearer=token(sim, role)))["statusCode"] == 403
        asked = event("POST", f"/bulk/{OWNER}", body=body, bearer=token(sim, role))
        assert module.app.answer(asked)["statusCode"] == 403

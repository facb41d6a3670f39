"""Every line of the permission matrix, proven on the functions themselves.

For each route that names a thing, each role calls it about a thing of their own
and about somebody else's. What the matrix has (``own``, ``others'``, ``any``,
nothing) must be what happens: refused, unknown, or let through, whatever the
state of the thing makes of it then.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from claiming import claimed
from granting import a_track, its_rights, missing_party, numbered
from ingesting import main_of, sound
from simulator import Simulator
from vault_domain.accounts import Account, ServiceAccount
from vault_domain.appeals import Appeal
from vault_domain.control import ControlProof, OpenControl
from vault_domain.events import Actor, Kind, make_event
from vault_domain.evidence import Hit, SourceReport, Span
from vault_domain.flags import Flag
from vault_domain.messages import Topic, message
from vault_domain.permissions import MATRIX, ROLES, Reach, Row, reach
from vault_domain.ports import Put
from vault_domain.review import ReviewQuestion
from vault_domain.safety import OutputCheck
from vault_domain.snippets import Snippet
from vault_domain.tracks import Status
from vault_domain.uploads import Upload
from wire import event, token

Ask = tuple[str, dict[str, Any] | None]
MINE, THEIRS, SOMEBODY = numbered("acc", 1), numbered("acc", 2), numbered("acc", 3)
MY_SERVICE, THEIR_SERVICE = numbered("svc", 1), numbered("svc", 2)
HASH, WORDS, RUN, OUTPUT = "a" * 64, "These are words enough", "run_one", "out_one"
TRACK, UPLOAD, SNIPPET, CONTROL = (numbered(prefix, 1) for prefix in ("trk", "upl", "snp", "ctl"))
PARTS = {"track_id": TRACK, "upload_id": UPLOAD, "snippet_id": SNIPPET, "control_id": CONTROL, "run_id": RUN,
         "output_id": OUTPUT}  # fmt: skip
FLAGS = {
    "training_allowed": True, "internal_experiment_ok": True, "product_ok": False, "evaluation_ok": True,
    "internal_demo_ok": False, "allow_per_artist_adapters": False, "keep_fingerprints_after_revocation": False,
}  # fmt: skip
SPEC = {"run_id": RUN, "model_id": "m", "model_type": "t", "purpose": "product"}

# --- things ------------------------------------------------------------------------------


def nothing(sim: Simulator, owner: str) -> dict[str, str]:
    return {}


def track(sim: Simulator, owner: str, **changes: Any) -> dict[str, str]:
    """A track of this owner with a match, a question, an appeal and a flag, and one of somebody for runs."""
    made = a_track(1, owner=owner, **changes)
    hit = Hit(ref="cat:one", similarity=0.5, overlap_s=9, detector="fused",
              spans=(Span(query_start=3, query_end=12, ref_start=4, ref_end=13, score=0.5),))  # fmt: skip
    report = SourceReport(subject=TRACK, source="catalogue:open", side="external", status="checked", hits=(hit,),
                          max_similarity=0.5, at=sim.clock())  # fmt: skip
    appeal = Appeal(track_id=TRACK, step=1, owner=owner, reason=WORDS, filed=sim.clock())
    asked = ReviewQuestion(track_id=TRACK, number=1, asked_by=SOMEBODY, question=WORDS, asked=sim.clock())
    flag = Flag(track_id=TRACK, by=SOMEBODY, about="other", words=WORDS, at=sim.clock())
    records = (made, its_rights(made, parties=missing_party()), report, appeal, asked, flag)
    sim.store.commit([Put(one, 0) for one in records])
    return {}


def rejected(sim: Simulator, owner: str) -> dict[str, str]:
    return track(sim, owner, status=Status.REJECTED)


def claim(sim: Simulator, owner: str) -> dict[str, str]:
    track(sim, owner)
    return {"claim_id": claimed(sim, TRACK)}


def loose_claim(sim: Simulator, owner: str) -> dict[str, str]:
    track(sim, owner)
    return {"claim_id": claimed(sim, None)}


def upload(sim: Simulator, owner: str) -> dict[str, str]:
    made = Upload(upload_id=UPLOAD, owner=owner, filename="a.wav", declared_bytes=4, created=sim.clock(),
                  changed=sim.clock())  # fmt: skip
    sim.store.commit([Put(made, 0)])
    return {}


def snippet(sim: Simulator, owner: str) -> dict[str, str]:
    track(sim, SOMEBODY)
    sim.buckets.open("vault").write(f"audio/{TRACK}.flac", sound(), content_type="audio/flac")
    until = sim.clock() + timedelta(minutes=1)
    made = Snippet(snippet_id=SNIPPET, reviewer=owner, case=TRACK, track_id=TRACK, start_s=0, end_s=1, expires=until)
    sim.store.commit([Put(made, 0)])
    return {}


def proof(sim: Simulator, owner: str, state: str = "open") -> dict[str, str]:
    until = sim.clock() + timedelta(days=1)
    made = ControlProof(control_id=CONTROL, account_id=owner, artist="Ray", release="The page", state=state,
                        code="LEMM-0000-0000-0000", opened=sim.clock(), expires=until)  # fmt: skip
    sim.store.commit([Put(made, 0), Put(OpenControl(control_id=CONTROL, account_id=owner, expires=until), 0)])
    return {"account_id": owner}


def verified(sim: Simulator, owner: str) -> dict[str, str]:
    return proof(sim, owner, "verified")


def account(sim: Simulator, owner: str) -> dict[str, str]:
    if owner != MINE:  # of a caller who is not on record, the token's role counts
        made = Account(
            account_id=owner, email="p@x.example", display_name="P", created=sim.clock(), changed=sim.clock()
        )
        sim.store.commit([Put(made, 0)])
    return {"account_id": owner}


def news(sim: Simulator, owner: str) -> dict[str, str]:
    made = message(owner, Topic.ACCEPTED, TRACK, sim.clock())
    sim.store.commit([Put(made, 0)])
    return {"message_id": made.message_id}


def run(sim: Simulator, owner: str) -> dict[str, str]:
    """An open run of this service."""
    made = a_track(2, owner=SOMEBODY)
    sim.store.commit([Put(made, 0), Put(its_rights(made), 0)])
    bearer = token(sim, "system", "training", subject=owner)
    opened = answered(sim, "POST", "/training/tokens", SPEC, bearer)
    assert opened["statusCode"] == 201, opened["body"]
    return {}


def used_track(sim: Simulator, owner: str) -> dict[str, str]:
    track(sim, owner)
    return run(sim, MY_SERVICE)


def ended_run(sim: Simulator, owner: str) -> dict[str, str]:
    run(sim, owner)
    bearer, body = token(sim, "system", "training", subject=owner), {"outcome": "failed"}
    assert answered(sim, "POST", f"/training/runs/{RUN}/complete", body, bearer)["statusCode"] == 200
    return {}


def output(sim: Simulator, owner: str) -> dict[str, str]:
    made = OutputCheck(
        output_id=OUTPUT, check=1, service=owner, model_id="m", content_sha256=HASH, audio_sha256=HASH, duration_s=9,
        outcome="allow", similarity_level="none", sim_internal_max=0.0, sim_external_max=0.0,
        checked_against_internal=True, checked_against_external_catalogs=("open",), versions={}, at=sim.clock(),
    )  # fmt: skip
    said = make_event(sim.new_id("evt"), Kind.OUTPUT_CHECK, OUTPUT, Actor(id=owner, role="system"), sim.clock())
    sim.store.commit([Put(made, 0)], [said])
    return {}


def claimed_output(sim: Simulator, owner: str) -> dict[str, str]:
    """An output of a service behind which this account stands, suspended by a claim."""
    service = ServiceAccount(client_id=MY_SERVICE, name="s", owner=owner, scopes=("safety",), secret_sha256=HASH,
                             created=sim.clock())  # fmt: skip
    sim.store.commit([Put(service, 0)])
    output(sim, MY_SERVICE)
    return {"claim_id": claimed(sim, None, output_id=OUTPUT)}


# --- calls -------------------------------------------------------------------------------

Make = Callable[[Simulator, str], dict[str, str]]
METADATA = {"title": "T", "artist_display_name": "A", "genre_tags": ["folk"]}
DECLARED = {"rights_holder_type": "individual", "is_original": True, "is_cover": False,
            "has_third_party_samples": False, "training_allowed": True, "internal_experiment_ok": True}  # fmt: skip
SEEN = {"evidence_sha256": HASH}
CALLS: dict[str, tuple[Make, dict[str, Any] | None]] = {
    "GET /uploads/{upload_id}": (upload, None),
    "POST /tracks/submit": (upload, {"audio_upload_token": UPLOAD, "metadata": METADATA, "rights": DECLARED,
                                     "accepted_terms_sha256": HASH}),
    "GET /tracks/{track_id}": (track, None),
    "GET /tracks/{track_id}/status": (track, None),
    "GET /tracks/{track_id}/rights/odrl": (track, None),
    "GET /tracks/{track_id}/rights/cawg": (track, None),
    "GET /tracks/{track_id}/receipt": (track, None),
    "POST /tracks/{track_id}/corrections": (track, {"expects": 1, "metadata": METADATA, "reason": WORDS}),
    "GET /tracks/{track_id}/corrections": (track, None),
    "POST /tracks/{track_id}/revoke": (track, {}),
    "GET /tracks/{track_id}/consents": (track, None),
    "POST /tracks/{track_id}/consent": (track, {"expects": 1, "flags": FLAGS, "accepted_terms_sha256": HASH}),
    "POST /tracks/{track_id}/fingerprints/withdrawal": (track, None),
    "POST /tracks/{track_id}/invitations": (track, {"holder": "party:0", "email": "r@x.example"}),
    "GET /review/{track_id}": (track, None),
    "POST /review/{track_id}/snippets": (track, {"source": "catalogue:open", "ref": "cat:one"}),
    "GET /snippets/{snippet_id}": (snippet, None),
    "GET /snippets/{snippet_id}/picture": (snippet, None),
    "POST /review/{track_id}/claim": (track, None),
    "POST /review/{track_id}/votes": (track, {"vote": "approve", "note": WORDS, **SEEN}),
    "POST /review/{track_id}/notes": (track, {"note": WORDS}),
    "POST /review/{track_id}/override": (track, {"vote": "approve", "reason": WORDS, **SEEN}),
    "POST /review/{track_id}/answers": (track, {"answer": WORDS}),
    "GET /review/{track_id}/questions": (track, None),
    "POST /tracks/{track_id}/appeal": (rejected, {"reason": WORDS}),
    "GET /tracks/{track_id}/appeal": (rejected, None),
    "POST /tracks/{track_id}/appeal/decision": (
        rejected, {"outcome": "upheld", "findings_sha256": HASH, "answer": WORDS}),
    "POST /tracks/{track_id}/flags": (track, {"about": "other", "words": WORDS}),
    "POST /tracks/{track_id}/flags/decision": (track, {"outcome": "dismissed", "reason": WORDS}),
    "GET /claims/{claim_id}": (claim, None),
    "POST /claims/{claim_id}/track": (loose_claim, {"track_id": TRACK}),
    "POST /claims/{claim_id}/screening": (claim, {"outcome": "examine", "reason": WORDS}),
    "POST /claims/{claim_id}/decision": (claim, {"outcome": "keep", "findings_sha256": HASH, "reason": WORDS}),
    "GET /tracks/{track_id}/claims": (claim, None),
    "POST /tracks/{track_id}/claims/{claim_id}/answer": (claim, {"answer": WORDS}),
    "GET /outputs/{output_id}/claims": (claimed_output, None),
    "POST /outputs/{output_id}/claims/{claim_id}/answer": (claimed_output, {"answer": WORDS}),
    "POST /suspensions/lift": (claimed_output, {"output_id": OUTPUT, "reason": WORDS}),
    "POST /messages/{message_id}/read": (news, None),
    "POST /control/{control_id}/record": (proof, {"found": True, "where": WORDS}),
    "POST /control/{account_id}/{control_id}/withdraw": (verified, {"reason": WORDS}),
    "POST /bulk/{account_id}": (account, {"outcome": "held", "reason": WORDS}),
    "POST /accounts/{account_id}/role": (account, {"role": "reviewer", "reason": WORDS}),
    "GET /training/runs/{run_id}": (run, None),
    "POST /training/runs/{run_id}/complete": (run, {"outcome": "failed"}),
    "POST /training/runs/{run_id}/leases": (run, {"worker": "w1"}),
    "GET /tracks/{track_id}/runs": (used_track, None),
    "GET /tracks/{track_id}/revocation": (used_track, None),
    "GET /tracks/{track_id}/runs/{run_id}/proof": (used_track, None),
    "GET /training/runs/{run_id}/lineage": (ended_run, None),
    "GET /safety/checks/{output_id}": (output, None),
    "GET /safety/checks/{output_id}/proof": (output, None),
}  # fmt: skip
ABOUT_ONESELF = {
    "account.read", "account.renew", "account.payout", "upload.send", "track.list", "consent.join", "consent.list",
    "control.open", "safety.check", "licence.accept", "output.offer", "output.claim", "output.read",
    "output.export",
}  # fmt: skip
"""Nothing of somebody else's can be named with these, or only by a token or pseudonym of its own."""
NAMED_IN_THE_BODY = {"POST /tracks/submit", "POST /suspensions/lift"}
OWN_OTHERWISE = {
    "POST /training/tokens": "a run's id that is taken is a conflict: ids are chosen by jobs",
    "POST /models/{model_id}/versions/{model_version}/audits": "the registry's tests try both, about whole versions",
    "POST /models/{model_id}/versions": "a model's id that is taken is a conflict: models are no secret",
}
BOUND = [(route, row) for row in MATRIX for route in row.routes if set(row.reach.values()) & {Reach.OWN, Reach.OTHERS}]
ROUTES = [(route, row) for route, row in BOUND if route in CALLS]
STEPS = (
    "accounts", "appeal", "audit", "bulk", "claims", "consent", "control", "corrections", "gateway-issue-token",
    "lineage", "notify", "review", "revoke", "safety-check", "snippets", "submit", "suspensions",
    "tracks", "upload-presign",
)  # fmt: skip


def answered(sim: Simulator, method: str, path: str, body: Any, bearer: str) -> dict[str, Any]:
    """The answer of whichever function has this route."""
    for step in STEPS:
        app = main_of(step).app
        if app.routes is not None and app.routes.match(method, path):
            app.bind(sim.deps)
            return dict(app.answer(event(method, path, body=body, bearer=bearer)))
    raise AssertionError(f"nobody has {method} {path}")


def status(route: str, row: Row, role: str, *, own: bool) -> tuple[int, str]:
    """What this role gets, about a thing of theirs or of somebody else's."""
    sim = Simulator(environ={"MAIL_CONFIGURED": "true"})
    make, body = CALLS[route]
    by_service = role == "system" or make in (run, ended_run, output)
    mine, theirs = (MY_SERVICE, THEIR_SERVICE) if by_service else (MINE, THEIRS)
    parts = {**PARTS, **make(sim, mine if own else theirs)}
    method, path = route.split(" ")
    scopes = {row.scope} - {None} | ({"training", "safety"} if role == "system" and row.scope is None else set())
    caller = mine if role == "system" or not by_service else MINE
    bearer = token(sim, role, *(str(one) for one in scopes), subject=caller)
    found = answered(sim, method, path.format(**parts), body, bearer)
    return int(found["statusCode"]), str(found["body"])[:300]


def test_every_line_about_a_thing_is_tried():
    left = {route for route, row in BOUND if row.what not in ABOUT_ONESELF} - set(CALLS) - set(OWN_OTHERWISE)
    left -= {route for route, _ in BOUND if "{" not in route and route not in NAMED_IN_THE_BODY}
    assert not left
    assert set(CALLS) <= {route for route, _ in BOUND}


@pytest.mark.parametrize(("route", "row"), ROUTES, ids=[route for route, _ in ROUTES])
def test_what_happens_is_what_the_matrix_says(route: str, row: Row):
    for role in ROLES[:-1]:
        for own in (True, False):
            far = reach(role, row.what)
            code, said = status(route, row, role, own=own)
            told = f"{role} about {'their own' if own else 'others'}: {code} {said}"
            if far is Reach.NONE or (far is Reach.OTHERS and own):
                assert code == 403, told
            elif far is Reach.OWN and not own:
                assert code == 404, told
            else:
                assert code not in (401, 403, 404, 405, 415, 422), told
                assert code < 500, told

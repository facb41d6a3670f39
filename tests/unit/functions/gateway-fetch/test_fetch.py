"""gateway-fetch: tokens attacked, every read judged anew and written down before a link is made."""

import json
from urllib.parse import urlsplit

import pytest
from granting import a_track, its_rights, numbered, stock, take_back
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import Simulator, killed_everywhere
from vault_domain.canonical import canonical
from vault_domain.errors import Expired
from vault_domain.events import AuditEvent, Kind
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Status
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.tokens import b64, issue_token, publish_key, unb64
from vault_store.signer import Ed25519Signer
from wire import SERVICE, body_of, event, token

SPEC = {"run_id": "run_one", "model_id": "m", "model_type": "diffusion", "purpose": "product"}
ONE, TWO = numbered("trk", 1), numbered("trk", 2)


def granted(sim, load_step, *tracks):
    """A run over these tracks: its token and the fetching module."""
    stock(sim, *(tracks or (a_track(1), a_track(2))))
    issue = load_step("gateway-issue-token")
    asked = event("POST", "/training/tokens", body=SPEC, bearer=token(sim, "system", "training"))
    return body_of(issue.handler(asked, None))["token"], load_step("gateway-fetch")


def fetch(module, track_id, bearer):
    return module.handler(event("GET", f"/training/objects/{track_id}", bearer=bearer), None)


def accesses(sim):
    return [one for one in sim.store.everything(AuditEvent) if one.event is Kind.VAULT_ACCESS]


def forged(bearer, *, header=None, claims=None, signer=None):
    """The token with other words in it, signed by ``signer`` or with the old signature."""
    head, body, signature = bearer.split(".")
    head = b64(canonical({**json.loads(unb64(head)), **(header or {})}))
    body = b64(canonical({**json.loads(unb64(body)), **(claims or {})}))
    if signer is not None:
        signature = b64(signer.sign(f"{head}.{body}".encode()))
    return f"{head}.{body}.{signature}"


def test_a_read_is_written_down_and_redirected_to_one_object_for_a_minute(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    result = fetch(module, ONE, bearer)
    assert result["statusCode"] == 302
    assert result["headers"]["cache-control"] == "no-store"
    assert result["body"] == ""
    link = result["headers"]["location"]
    assert sim.buckets.fetch(link) == ONE.encode()
    assert urlsplit(link).path == f"/audio/{ONE}.flac"
    assert TWO not in link
    sim.clock.advance(seconds=61)
    with pytest.raises(Expired):
        sim.buckets.fetch(link)
    (seen,) = accesses(sim)
    assert (seen.subject, seen.actor.id, seen.actor.role) == (ONE, SERVICE, "system")
    assert (seen.data["run_id"], seen.data["purpose"], seen.data["read"]) == ("run_one", "product", 1)
    assert sim.store.get(RunTrack, "run_one", f"granted#{ONE}").reads == 1


def test_a_policy_may_shorten_the_link(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    head = PolicyVersion(
        number=2, policy=Policy(read_link_s=5), author="acc", reason="shorter", at=sim.clock(), is_head=True
    )
    sim.store.commit([Put(head, 0)])
    link = fetch(module, ONE, bearer)["headers"]["location"]
    sim.clock.advance(seconds=6)
    with pytest.raises(Expired):
        sim.buckets.fetch(link)


def test_revocation_counts_at_the_next_read(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    assert fetch(module, ONE, bearer)["statusCode"] == 302
    take_back(sim, ONE)
    result = fetch(module, ONE, bearer)
    assert (result["statusCode"], body_of(result)["code"]) == (410, "revoked")
    assert "location" not in result["headers"]
    assert fetch(module, TWO, bearer)["statusCode"] == 302
    assert len(accesses(sim)) == 2


def test_a_revocation_between_the_judgement_and_the_record_wins(sim: Simulator, load_step) -> None:
    """The commit demands the rights that were judged: taken back in between, it fails and is judged again."""
    bearer, module = granted(sim, load_step)
    inner, done = sim.records, []

    class Interrupted:
        def __getattr__(self, name):
            return getattr(inner, name)

        def commit(self, changes, events=()):
            if not done:
                done.append(True)
                take_back(sim, ONE)
            inner.commit(changes, events)

    module.app.bind(sim.container(records=Interrupted()))
    result = fetch(module, ONE, bearer)
    assert (result["statusCode"], body_of(result)["code"]) == (410, "revoked")
    assert accesses(sim) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(Status.UNDER_INVESTIGATION, "policy"), (Status.REMOVED, "policy"), (Status.REJECTED, "policy")],
)
def test_only_accepted_tracks_are_read(sim: Simulator, load_step, status, code) -> None:
    bearer, module = granted(sim, load_step)
    sim.store.commit([Put(a_track(1, status=status), 1)])
    assert body_of(fetch(module, ONE, bearer))["code"] == code


@pytest.mark.parametrize(
    ("turned_off", "answer"),
    [
        ("training_allowed", (410, "revoked")),
        ("product_ok", (410, "revoked")),
        ("internal_experiment_ok", (302, None)),
        ("evaluation_ok", (302, None)),
    ],
)
def test_consent_that_no_longer_covers_the_purpose_refuses(sim: Simulator, load_step, turned_off, answer) -> None:
    bearer, module = granted(sim, load_step)
    rights = its_rights(a_track(1))
    flags = rights.flags.model_copy(update={turned_off: False})
    sim.store.commit([Put(rights.with_changes(flags=flags, consent_version=2), 1)])
    result = fetch(module, ONE, bearer)
    assert (result["statusCode"], body_of(result)["code"] if answer[1] else None) == answer


def test_tracks_outside_the_manifest_do_not_exist(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    stock(sim, a_track(3))
    for track_id in (numbered("trk", 3), numbered("trk", 4), "trk_short", "..%2f..%2fetc"):
        assert fetch(module, track_id, bearer)["statusCode"] == 404
    assert accesses(sim) == []


def test_no_token_no_answer(sim: Simulator, load_step) -> None:
    _, module = granted(sim, load_step)
    assert fetch(module, ONE, None)["statusCode"] == 401


@pytest.mark.parametrize(
    "attack",
    [
        lambda t, own, other: forged(t, claims={"run_id": "run_two"}),
        lambda t, own, other: forged(t, claims={"exp": 4_000_000_000}),
        lambda t, own, other: forged(t, claims={"run_id": "run_one"}, signer=other),
        lambda t, own, other: forged(t, header={"alg": "none"}).rsplit(".", 1)[0] + ".",
        lambda t, own, other: forged(t, header={"alg": "HS256"}, signer=own),
        lambda t, own, other: forged(t, header={"kid": other.key_id}, signer=other),
        lambda t, own, other: forged(t, header={"typ": "at+jwt"}, signer=own),
        lambda t, own, other: forged(t, header={"crit": ["x"]}, signer=own),
        lambda t, own, other: forged(t, header={"kid": "../../keys"}, signer=own),
        lambda t, own, other: forged(t, claims={"aud": "urn:lemm:vault"}, signer=own),
        lambda t, own, other: forged(t, claims={"aud": ["gateway", "urn:lemm:vault"], "iss": "x"}, signer=own),
        lambda t, own, other: forged(t, claims={"iss": "urn:lemm:accounts"}, signer=own),
        lambda t, own, other: forged(t, claims={"exp": "soon"}, signer=own),
        lambda t, own, other: forged(t, claims={"exp": 1e400}, signer=own) if False else t[:-2],
        lambda t, own, other: forged(t, claims={"run_id": ["run_one"]}, signer=own),
        lambda t, own, other: forged(t, claims={"run_id": "run_one#granted"}, signer=own),
        lambda t, own, other: t + "A",
        lambda t, own, other: "a.b.c",
        lambda t, own, other: t.replace(".", ""),
        lambda t, own, other: "x" * 9000,
    ],
)
def test_forged_tokens_are_all_the_same_refusal(sim: Simulator, load_step, attack) -> None:
    bearer, module = granted(sim, load_step)
    stranger = Ed25519Signer.from_secret("an attacker's own secret, long enough", purpose="receipt")
    result = fetch(module, ONE, attack(bearer, sim.signer("receipt"), stranger))
    assert (result["statusCode"], body_of(result)["code"]) == (401, "unauthenticated")
    assert accesses(sim) == []


def test_a_sign_in_token_opens_nothing_here_and_a_run_token_nothing_there(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    assert fetch(module, ONE, token(sim, "system", "training"))["statusCode"] == 401
    issue = load_step("gateway-issue-token")
    assert issue.handler(event("GET", "/training/runs/run_one", bearer=bearer), None)["statusCode"] == 401


def test_the_sign_in_key_can_not_sign_run_tokens(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    jwt = sim.signer("jwt")
    assert fetch(module, ONE, forged(bearer, header={"kid": jwt.key_id}, signer=jwt))["statusCode"] == 401


def test_a_retired_key_opens_nothing(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    key = publish_key(sim.signer("receipt"), "receipt", sim.store, sim.clock())
    sim.store.commit([Put(key.with_changes(retired=sim.clock()), key.version)])
    assert fetch(module, ONE, bearer)["statusCode"] == 401


def test_an_expired_token_an_ended_run_and_an_older_manifest_open_nothing(sim: Simulator, load_step) -> None:
    bearer, module = granted(sim, load_step)
    signer = sim.signer("receipt")
    assert fetch(module, ONE, forged(bearer, claims={"manifest": "0" * 64}, signer=signer))["statusCode"] == 410
    assert fetch(module, ONE, forged(bearer, claims={"sub": numbered("svc", 9)}, signer=signer))["statusCode"] == 404
    assert fetch(module, ONE, forged(bearer, claims={"run_id": "run_two"}, signer=signer))["statusCode"] == 404
    run = sim.store.get(TrainingRun, "run_one")
    sim.store.commit([Put(run.with_changes(state="completed"), run.version)])
    assert fetch(module, ONE, bearer)["statusCode"] == 410
    sim.store.commit([Put(run.with_changes(state="opening"), run.version + 1)])
    assert fetch(module, ONE, bearer)["statusCode"] == 410
    sim.store.commit([Put(run, run.version + 2)])
    assert fetch(module, ONE, bearer)["statusCode"] == 302
    sim.clock.advance(hours=7)
    assert fetch(module, ONE, bearer)["statusCode"] == 401


def test_killed_anywhere_no_link_leaves_without_a_record(load_step) -> None:
    def make():
        sim = Simulator()
        bearer, module = granted(sim, lambda step: _bound(load_step(step), sim))

        def step(deps):
            module.app.bind(deps)
            assert fetch(module, ONE, bearer)["statusCode"] == 302

        return sim, step

    for label, sim in killed_everywhere(make):
        reads = sim.store.get(RunTrack, "run_one", f"granted#{ONE}").reads
        assert reads == len(accesses(sim)) >= 1, label


def _bound(module, sim):
    module.app.bind(sim.deps)
    return module


def test_readers_of_one_track_at_once_are_all_counted(sim: Simulator, load_step) -> None:
    from concurrent.futures import ThreadPoolExecutor

    bearer, module = granted(sim, load_step)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: fetch(module, ONE, bearer)["statusCode"], range(12)))
    served = results.count(302)
    assert set(results) <= {302, 409}
    assert sim.store.get(RunTrack, "run_one", f"granted#{ONE}").reads == served == len(accesses(sim))


OPERATIONS = st.lists(
    st.sampled_from(["read", "revoke", "investigate", "clear", "issue", "later", "complete"]), min_size=1, max_size=14
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_a_revoked_track_is_never_served_whatever_happens_in_which_order(load_step, operations) -> None:
    sim = Simulator()
    stock(sim, a_track(1), a_track(2))
    issue, module = _bound(load_step("gateway-issue-token"), sim), _bound(load_step("gateway-fetch"), sim)
    tokens = []

    def ask():
        asked = event("POST", "/training/tokens", body=SPEC, bearer=token(sim, "system", "training"))
        result = issue.handler(asked, None)
        if result["statusCode"] == 201:
            tokens.append(body_of(result)["token"])

    ask()
    for operation in operations:
        track = sim.store.get(type(a_track(1)), ONE)
        if operation == "issue":
            ask()
        elif operation == "later":
            sim.clock.advance(hours=1)
        elif operation == "revoke" and not sim.store.get(RightsRecord, ONE).revoked:
            take_back(sim, ONE)
        elif operation == "investigate" and track.status is Status.ACCEPTED:
            sim.store.commit([Put(track.with_changes(status=Status.UNDER_INVESTIGATION), track.version)])
        elif operation == "clear" and track.status is Status.UNDER_INVESTIGATION:
            sim.store.commit([Put(track.with_changes(status=Status.ACCEPTED), track.version)])
        elif operation == "complete":
            path = "/training/runs/run_one/complete"
            body = {"outcome": "completed"}
            issue.handler(event("POST", path, body=body, bearer=token(sim, "system", "training")), None)
        for bearer in tokens:
            result = fetch(module, ONE, bearer)
            track, rights = sim.store.get(type(track), ONE), sim.store.get(RightsRecord, ONE)
            if rights.revoked or track.status is not Status.ACCEPTED:
                assert result["statusCode"] != 302


def test_tokens_of_people_signed_with_the_wrong_key_are_refused(sim: Simulator, load_step) -> None:
    """The key that signs manifests must not let anybody sign in."""
    _, _ = granted(sim, load_step)
    fake = issue_token(
        sim.signer("receipt"), subject=SERVICE, role="system", scopes=["training"], token_id="tok_1", now=sim.clock()
    )
    issue = load_step("gateway-issue-token")
    assert issue.handler(event("GET", "/training/runs/run_one", bearer=fake), None)["statusCode"] == 401

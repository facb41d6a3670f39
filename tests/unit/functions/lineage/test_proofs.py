"""Proof files made by the functions: they verify offline with the log's key, for two verifiers, and bend nowhere."""

import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.exceptions import InvalidSignature
from granting import a_track, numbered, stock, take_back
from hypothesis import given, settings
from hypothesis import strategies as st
from lemm.verify import Refused, Trusted, verify_file
from lineages import Training
from second_log import SecondReader
from second_proofs import changes_between, checked_against, in_run, packs_of
from simulator import Simulator
from vault_domain.bundles import parse_bundle
from vault_domain.canonical import canonical
from vault_domain.checkpoints import COSIGNATURE, NoteKey, cosign
from vault_domain.events import Actor, Kind, make_event
from vault_domain.policy import Policy
from vault_edge.loading import load_folder
from vault_store.dsse import open_statement
from vault_store.log_reader import LogReader
from vault_store.signer import Ed25519Signer
from wire import SERVICE

FUNCTIONS = Path(__file__).resolve().parents[4] / "functions"
WITNESS = Ed25519Signer.from_secret("a secret of some witness", "witness")
CHECKED = {
    "model_id": "tiny", "check": 1, "outcome": "allow", "similarity_level": "none", "sim_internal_max": 0.1,
    "sim_external_max": 0.2, "checked_against_internal": True, "missing": [], "audio_sha256": "a" * 64,
    "checked_against_external_catalogs": ["catalogue:open"], "content_sha256": "b" * 64, "matched": [],
}  # fmt: skip


@cache
def world() -> SimpleNamespace:
    """One vault with two runs, a revocation, a version, a checked output, two policy changes; all of it in the log."""
    sim = Simulator()

    def load(step):
        module = load_folder(FUNCTIONS / step)
        module.app.bind(sim.deps)
        return module

    training = Training(sim, load, tracks=9)
    training.trained(reads=(1, 2, 3))
    training.sequenced()
    first = LogReader(sim.bucket("log")).checkpoint()
    policy(training, 1, 0.35)
    training.open(run_id="run_two")
    take_back(sim, numbered("trk", 9))
    training.trained("run_two", reads=(2, 4))  # asked again after a revocation: a second manifest
    assert training.register(runs=("run_one", "run_two"))["statusCode"] == 201
    checked(sim, "out_good")
    checked(sim, "out_unmade", checked_against_internal=False)
    checked(sim, "out_alone", checked_against_external_catalogs=[])
    policy(training, 2, 0.3)
    stock(sim, a_track(0), a_track(77))  # came to the vault after the runs
    key = training.sequenced()
    return SimpleNamespace(sim=sim, training=training, key=key, first=int(first.split("\n")[1]))


def policy(training: Training, expects: int, weak: float) -> None:
    values = Policy().model_dump(mode="json")
    values["thresholds"]["weak"] = weak
    body = {"expects": expects, "policy": values, "reason": "tried it and found it better"}
    assert training.call("policy", "POST", "/policy", body, role="admin")["statusCode"] == 201


def checked(sim: Simulator, output_id: str, **changes) -> None:
    versions = {"policy": "2", "snapshot:vault": "s1", "snapshot:catalogue:open": "c1"}
    actor = Actor(id=SERVICE, role="system")
    facts = CHECKED | changes
    event = make_event(sim.new_id("evt"), Kind.OUTPUT_CHECK, output_id, actor, sim.clock(), versions, **facts)
    sim.store.commit([], [event])


def got(path: str, step: str = "lineage", query: str = "", role: str = "admin") -> bytes:
    answer = world().training.call(step, "GET", path, role=role, query=query)
    assert answer["statusCode"] == 200, answer["body"]
    return answer["body"].encode()


@cache
def proof(name: str) -> bytes:
    run_track = "/tracks/{}/runs/run_two/proof"
    return {
        "in": lambda: got(run_track.format(numbered("trk", 2))),
        "out": lambda: got(run_track.format(numbered("trk", 77))),
        "before": lambda: got(run_track.format(numbered("trk", 0))),
        "model": lambda: got("/models/tiny/versions/1.0/proof"),
        "output": lambda: got("/safety/checks/out_good/proof", "audit"),
        "policy": lambda: got("/policy/proof", "audit", f"since={world().first}"),
        "whole": lambda: got("/policy/proof", "audit"),
    }[name]()


def verified(data: bytes, tmp_path: Path, *witnesses: NoteKey):
    file = tmp_path / "proof.json"
    file.write_bytes(data)
    return verify_file(file, Trusted(log=world().key), witnesses)


def test_a_model_was_trained_on_its_packs_as_far_as_the_gateway_served_it(tmp_path: Path):
    verdict = verified(proof("model"), tmp_path)
    assert verdict.says == (
        "tiny@1.0 was trained in 2 run(s) on LEMM_Vault_v1_core, as far as the gateway served it; "
        "no audit of what it copies is shown"
    )
    assert [run["run_id"] for run in verdict.facts["runs"]] == ["run_one", "run_two"]
    assert any("no other data" in limit for limit in verdict.facts["cannot_be_proved"])
    assert packs_of(proof("model"), world().key.text()) == ["LEMM_Vault_v1_core"]


def test_its_statement_is_an_envelope_of_its_own(tmp_path: Path):
    envelope = parse_bundle(proof("model")).about["envelope"]
    signer = world().sim.signer("receipt")
    assert open_statement(envelope, {signer.key_id: signer.public_key()})["_type"] == "https://in-toto.io/Statement/v1"
    (tmp_path / "statement.json").write_text(envelope)
    verdict = verify_file(tmp_path / "statement.json", Trusted(envelopes={signer.key_id: signer.public_key()}))
    assert verdict.kind == "in-toto"


def test_a_track_was_in_a_run_and_another_was_not(tmp_path: Path):
    key = world().key.text()
    inside = verified(proof("in"), tmp_path)
    assert (inside.facts["included"], inside.facts["reads"], inside.facts["declared"]) == (True, 1, True)
    assert in_run(proof("in"), key)
    for name in ("out", "before"):
        outside = verified(proof(name), tmp_path)
        assert outside.facts["included"] is False
        assert "was not among the 9 tracks of run_two" in outside.says
        assert not in_run(proof(name), key)


def test_an_output_was_checked(tmp_path: Path):
    verdict = verified(proof("output"), tmp_path)
    assert verdict.says == (
        "out_good of model tiny: allow; checked against the vault at s1 and against catalogue:open at c1, "
        "under policy 2"
    )
    assert checked_against(proof("output"), world().key.text()) == {
        "output": "out_good", "searched": {"vault": "s1", "catalogue:open": "c1"}, "policy": "2", "outcome": "allow",
    }  # fmt: skip


@pytest.mark.parametrize("output", ["out_unmade", "out_alone"])
def test_a_check_that_was_not_made_proves_nothing(tmp_path: Path, output):
    with pytest.raises(Refused, match=r"was searched|was not searched"):
        verified(got(f"/safety/checks/{output}/proof", "audit"), tmp_path)
    with pytest.raises(AssertionError, match="was"):
        checked_against(got(f"/safety/checks/{output}/proof", "audit"), world().key.text())


@pytest.mark.parametrize(
    ("name", "judge", "every"),
    [("output", checked_against, 1), ("in", in_run, 3), ("out", in_run, 5), ("model", packs_of, 41)],
)
def test_the_second_judge_refuses_every_flipped_bit(name, judge, every):
    """All bits of an output's proof, one by one; of the longer files one byte in ``every``."""
    good, key = proof(name), world().key.text()
    for at in range(0, len(good), every):
        for bit in range(8):
            with pytest.raises((AssertionError, InvalidSignature, ValueError, KeyError, TypeError)):
                judge(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :], key)


def test_no_policy_change_is_missing_between_two_states(tmp_path: Path):
    verdict = verified(proof("policy"), tmp_path)
    assert [change["versions"]["policy"] for change in verdict.facts["changes"]] == ["2", "3"]
    assert verdict.says.startswith(f"2 policy change(s) from entry {world().first} ")
    reader, key = LogReader(world().sim.bucket("log")), world().key.text()
    older = [reader.entry(at, world().first) for at in range(world().first)]
    assert sorted(changes_between(proof("policy"), key, older)) == ["2", "3"]
    assert sorted(changes_between(proof("whole"), key, [])) == ["2", "3"]
    assert verified(proof("whole"), tmp_path).facts["since"] == 0


def test_a_policy_change_can_not_be_left_out(tmp_path: Path):
    document = json.loads(proof("policy"))
    for at in range(len(document["entries"])):
        shorter = {**document, "entries": document["entries"][:at] + document["entries"][at + 1 :]}
        with pytest.raises(Refused, match="do not lead"):
            verified(canonical(shorter), tmp_path)


def test_an_event_of_a_runs_life_can_not_be_left_out(tmp_path: Path):
    document = json.loads(proof("model"))
    for at in range(len(document["events"])):
        shorter = {**document, "events": document["events"][:at] + document["events"][at + 1 :]}
        with pytest.raises(Refused, match=r"needed|not every manifest|differs"):
            verified(canonical(shorter), tmp_path)
    twice = {**document, "events": [*document["events"], document["events"][0]]}
    with pytest.raises(Refused, match="twice"):
        verified(canonical(twice), tmp_path)


@pytest.mark.parametrize("name", ["model", "in", "out", "output", "policy"])
def test_a_witness_that_is_asked_for_must_have_signed(tmp_path: Path, name):
    witness = NoteKey("witness.example/w1", WITNESS.public_key(), COSIGNATURE)
    with pytest.raises(Refused, match="has not signed"):
        verified(proof(name), tmp_path, witness)
    document = json.loads(proof(name))
    document["checkpoint"] = cosign(document["checkpoint"], witness, WITNESS.sign, world().sim.clock())
    assert "seen by witness.example/w1" in verified(canonical(document), tmp_path, witness).says


@settings(max_examples=700, deadline=None)
@given(st.sampled_from(["model", "in", "out", "before", "output", "policy", "whole"]), st.data())
def test_every_flipped_bit_is_refused(tmp_path_factory, name, data):
    good = proof(name)
    at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    folder = tmp_path_factory.getbasetemp()
    with pytest.raises(Refused, match=r"."):
        verified(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :], folder)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["model", "in", "output", "policy"]), st.data())
def test_no_field_can_be_swapped_for_another_value(tmp_path_factory, name, data):
    """Values of the wrong type, in any place, are refused as such, never with another error."""
    document = json.loads(proof(name))
    place, last = document, None
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        last = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[last], dict | list) or not place[last] or data.draw(st.booleans()):
            break
        place = place[last]
    value = data.draw(st.sampled_from([None, True, -1, "", "x", [], {}, [[]], {"a": 1}]))
    if place[last] == value:
        return
    place[last] = value
    with pytest.raises(Refused, match=r"."):
        verified(canonical(document), tmp_path_factory.getbasetemp())


def test_the_log_adds_up_for_the_second_reader():
    reader = LogReader(world().sim.bucket("log"))

    def get(path: str) -> bytes:
        return world().sim.bucket("log").read(f"public/{path}", limit=2**24)

    assert len(SecondReader(get, world().key.text()).entries()) == int(reader.checkpoint().split("\n")[1])


def test_what_is_not_in_the_log_yet_is_not_proved(sim: Simulator, load_step):
    training = Training(sim, load_step)
    training.trained()
    training.sequenced()
    training.register()
    training.trained("run_two")
    for path in ("/models/tiny/versions/1.0/proof", f"/tracks/{numbered('trk', 1)}/runs/run_two/proof"):
        assert training.call("lineage", "GET", path, role="admin")["statusCode"] == 409
    assert training.call("lineage", "GET", "/models/tiny/versions/9/proof", role="admin")["statusCode"] == 404
    open_run = training.open(run_id="run_three")
    assert open_run
    path = f"/tracks/{numbered('trk', 1)}/runs/run_three/proof"
    assert training.call("lineage", "GET", path, role="admin")["statusCode"] == 409


def test_who_may_have_which_proof():
    call, training = world().training.call, world().training
    stranger = numbered("svc", 9)
    assert call("audit", "GET", "/safety/checks/out_good/proof", subject=stranger)["statusCode"] == 404
    assert call("audit", "GET", "/safety/checks/out_good/proof")["statusCode"] == 200
    assert call("audit", "GET", "/safety/checks/out_good/proof", role="contributor")["statusCode"] == 403
    assert call("audit", "GET", "/policy/proof", role="contributor")["statusCode"] == 200
    assert training.call("audit", "GET", "/policy/proof", role="system")["statusCode"] == 403


@pytest.mark.parametrize(
    ("query", "status"), [("since=5&until=4", 422), ("since=-1", 422), ("since=1", 404), ("until=9999", 422)]
)
def test_a_range_that_is_none_is_refused(query, status):
    assert world().training.call("audit", "GET", "/policy/proof", role="admin", query=query)["statusCode"] == status

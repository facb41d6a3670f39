"""Receipts of output checks: verified offline with and without their proof; every attack on either is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lemm.main import app
from lemm.verify import Refused, Trusted, verify_file, verify_with_proof
from records import HASH, NOW, an_id
from typer.testing import CliRunner
from vault_domain.bundles import OUTPUT, Bundle, Placed
from vault_domain.checkpoints import Checkpoint, NoteKey, sign_checkpoint
from vault_domain.events import Actor, Kind, make_event
from vault_domain.merkle import inclusion_path, leaf_hash, perfect_root, root_of
from vault_domain.proofs import Proof
from vault_domain.safety import OutputCheck, event_facts, on_record
from vault_domain.safety_receipt import SAFETY_RECEIPT, safety_receipt
from vault_store.dsse import seal
from vault_store.signer import Ed25519Signer

LOG = Ed25519Signer.from_secret("a secret for the log's tests", "log")
RECEIPTS = Ed25519Signer.from_secret("a secret for receipts' tests", "receipt")
KEY = NoteKey("lemm.example/log", LOG.public_key())
KEYS = Trusted(envelopes={RECEIPTS.key_id: RECEIPTS.public_key()})
ACTOR = Actor(id=an_id("svc"), role="system")
VERSIONS = {"policy": "3", "snapshot:vault": "v1", "snapshot:catalogue:open": "c1"}


def a_check(number: int = 1, **changes) -> tuple[OutputCheck, bytes]:
    """A check on record, and its entry in the log."""
    check = OutputCheck(**{
        "output_id": "out_one", "check": number, "service": ACTOR.id, "model_id": "m", "content_sha256": HASH,
        "audio_sha256": "b" * 64, "duration_s": 12.25, "outcome": "allow", "similarity_level": "none",
        "sim_internal_max": 0.1, "sim_external_max": 0.123456789, "checked_against_internal": True,
        "similarity": {"internal": {"fp_robust": 0.1}, "external": {"fp_robust": 0.123456789}},
        "checked_against_external_catalogs": ("catalogue:open",), "versions": VERSIONS, "user_ref": "user-17",
        "at": NOW, **changes,
    })  # fmt: skip
    event = make_event(an_id("evt", number), Kind.OUTPUT_CHECK, "out_one", ACTOR, NOW, VERSIONS, **event_facts(check))
    return on_record(check, event), event.leaf()


CHECK, ENTRY = a_check()
LATER, LATER_ENTRY = a_check(2, outcome="block", similarity_level="blocked")
LEAVES = [leaf_hash(entry) for entry in (ENTRY, LATER_ENTRY)]
NOTE = sign_checkpoint(Checkpoint(KEY.name, 2, root_of(LEAVES)), KEY, LOG.sign)
PATHS = [inclusion_path(n, 2, lambda start, end: perfect_root(LEAVES[start:end])) for n in (0, 1)]
RECEIPT = seal(SAFETY_RECEIPT, safety_receipt(CHECK), RECEIPTS).to_bytes()
PROOF = Bundle(OUTPUT, NOTE, (Placed(ENTRY, 0, PATHS[0]),), {"output_id": "out_one"}).to_bytes()
LOG_PROOF = Proof(ENTRY, 0, PATHS[0], NOTE).to_bytes()
SWAPPED = [
    Bundle(OUTPUT, NOTE, (Placed(LATER_ENTRY, 1, PATHS[1]),), {"output_id": "out_one"}).to_bytes(),
    Proof(LATER_ENTRY, 1, PATHS[1], NOTE).to_bytes(),
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    receipt, proof = tmp_path / "receipt.json", tmp_path / "proof.json"
    receipt.write_bytes(RECEIPT)
    proof.write_bytes(PROOF)
    return receipt, proof


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_receipt_says_what_was_checked_and_nothing_of_the_user(files):
    verdict = verify_file(files[0], KEYS)
    assert verdict.kind == SAFETY_RECEIPT
    assert "out_one of model m: allow; checked at 2026-03-01T12:00:00+00:00" in verdict.says
    assert "against vault at v1, catalogue:open at c1, under policy 3" in verdict.says
    assert "user-17" not in json.dumps(verdict.facts)
    assert verdict.facts["similarity"]["external"] == {"fp_robust": 0.123457}
    assert seal(SAFETY_RECEIPT, safety_receipt(CHECK), RECEIPTS).to_bytes() == RECEIPT


def test_a_receipt_and_its_entry_name_the_version_and_what_was_found_of_an_output_that_is_kept_back(files):
    kept, entry = a_check(model_version="2b", outcome="not_cleared", found="warn", similarity_level="unknown")
    files[0].write_bytes(seal(SAFETY_RECEIPT, safety_receipt(kept), RECEIPTS).to_bytes())
    verdict = verify_file(files[0], KEYS)
    assert "of model m version 2b: not_cleared (warn was found, and the release gate keeps it back);" in verdict.says
    said = json.loads(entry)["data"]
    assert [(one["model_version"], one["found"]) for one in (verdict.facts, said)] == [("2b", "warn")] * 2
    for plain in (verify_file(written(files[0], RECEIPT), KEYS).facts, json.loads(ENTRY)["data"]):
        assert not {"model_version", "found"} & set(plain), "what has neither keeps its bytes"


@pytest.mark.parametrize("proof", [PROOF, LOG_PROOF])
def test_with_its_proof_it_is_in_the_log(files, proof):
    files[1].write_bytes(proof)
    verdict = verify_with_proof(files[0], KEYS, files[1], KEY)
    assert verdict.facts["proven"] == {"origin": KEY.name, "size": 2, "root": root_of(LEAVES).hex()}
    assert verdict.says.endswith("in the log lemm.example/log of 2 entries")


def test_the_command_reads_both(files):
    receipt, proof = map(str, files)
    call = ["verify", receipt, "--json", "--key", RECEIPTS.public_key().hex(), "--proof", proof]
    good = CliRunner().invoke(app, [*call, "--log-key", KEY.text()])
    assert (good.exit_code, json.loads(good.stdout)["facts"]["proven"]["size"]) == (0, 2)
    without = CliRunner().invoke(app, call)
    assert without.exit_code == 1
    assert "--log-key" in json.loads(without.stdout)["error"]["detail"]


@pytest.mark.parametrize("proof", SWAPPED)
def test_the_proof_of_another_check_of_the_same_output_is_refused(files, proof):
    files[1].write_bytes(proof)
    with pytest.raises(Refused, match="another entry of the log"):
        verify_with_proof(files[0], KEYS, files[1], KEY)


@pytest.mark.parametrize("change", [{"outcome": "allow"}, {"audio_sha256": "c" * 64}, {"versions": {"policy": "4"}}])
def test_a_statement_that_was_changed_and_signed_by_somebody_else_is_refused(files, change):
    document = {**safety_receipt(LATER), **change}
    stranger = Ed25519Signer.from_secret("a secret of a stranger here", "receipt")
    files[0].write_bytes(seal(SAFETY_RECEIPT, document, stranger).to_bytes())
    with pytest.raises(Refused, match="not trusted"):
        verify_file(files[0], KEYS)
    good = json.loads(RECEIPT)
    forged = json.loads(seal(SAFETY_RECEIPT, document, stranger).to_bytes()) | {"signatures": good["signatures"]}
    files[0].write_text(json.dumps(forged, sort_keys=True, separators=(",", ":")))
    with pytest.raises(Refused, match="signature does not hold"):
        verify_file(files[0], KEYS)


def test_a_receipt_of_another_kind_or_form_goes_with_no_proof(files):
    files[0].write_bytes(seal("consent-receipt", {"format": 1}, RECEIPTS).to_bytes())
    with pytest.raises(Refused, match="goes with a safety-receipt"):
        verify_with_proof(files[0], KEYS, files[1], KEY)
    for document in ({"format": 2}, {"format": 1}, {**safety_receipt(CHECK), "log": None}):
        files[0].write_bytes(seal(SAFETY_RECEIPT, document, RECEIPTS).to_bytes())
        with pytest.raises(Refused, match=r"another format|missing"):
            verify_file(files[0], KEYS)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_changed_bit_of_either_file_is_refused(files, data):
    which = data.draw(st.integers(0, 1))
    good = (RECEIPT, PROOF)[which]
    at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    files[0].write_bytes(RECEIPT)
    files[1].write_bytes(PROOF)
    files[which].write_bytes(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
    with pytest.raises(Refused, match=r"."):
        verify_with_proof(files[0], KEYS, files[1], KEY)

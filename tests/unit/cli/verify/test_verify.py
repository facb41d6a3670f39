"""`lemm verify`: what was signed is accepted, every flipped bit is refused with a reason, offline."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lemm.main import app
from lemm.verify import Refused, read_key, read_witness, verify_file
from records import NOW, an_id
from typer.testing import CliRunner
from vault_domain.checkpoints import COSIGNATURE, Checkpoint, NoteKey, cosign, sign_checkpoint
from vault_domain.events import Actor, Kind, make_event
from vault_domain.merkle import inclusion_path, leaf_hash, perfect_root, root_of
from vault_domain.proofs import Proof
from vault_store.dsse import seal
from vault_store.signer import Ed25519Signer

LOG = Ed25519Signer.from_secret("a secret for the log's tests", "log")
RECEIPTS = Ed25519Signer.from_secret("a secret for receipts' tests", "receipt")
SEEN = Ed25519Signer.from_secret("a secret of some witness", "witness")
KEY = NoteKey("lemm.example/log", LOG.public_key())
WITNESS = NoteKey("witness.example/w1", SEEN.public_key(), COSIGNATURE)
ENTRIES = [
    make_event(an_id("evt", n), Kind.VAULT_ACCESS, an_id("trk", n), Actor(id="fn:x", role="system"), NOW).leaf()
    for n in range(5)
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NOTE = cosign(sign_checkpoint(Checkpoint(KEY.name, 5, root_of(LEAVES)), KEY, LOG.sign), WITNESS, SEEN.sign, NOW)
PATH = inclusion_path(3, 5, lambda start, end: perfect_root(LEAVES[start:end]))
PROOF = Proof(ENTRIES[3], 3, PATH, NOTE).to_bytes()
RECEIPT = seal("consent-receipt", {"format": 1, "track_id": "trk_x"}, RECEIPTS).to_bytes()
KEY_SET = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "any",
                     "x": base64.urlsafe_b64encode(RECEIPTS.public_key()).rstrip(b"=").decode()}]}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "given.json"


def called(file: Path, data: bytes, *options: str) -> tuple[int, dict]:
    file.write_bytes(data)
    result = CliRunner().invoke(app, ["verify", str(file), "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def test_a_proof_is_verified(file: Path):
    code, told = called(file, PROOF, "--key", KEY.text(), "--witness", WITNESS.text())
    assert (code, told["verified"], told["kind"]) == (0, True, "log-proof")
    assert told["facts"]["event"] == json.loads(ENTRIES[3])
    assert told["facts"]["cosigned"] == {WITNESS.name: NOW.isoformat()}
    plain = CliRunner().invoke(app, ["verify", str(file), "--key", KEY.text()])
    assert plain.exit_code == 0
    assert "entry 3 of 5 in the log lemm.example/log: vault_access" in plain.stdout


def test_a_receipt_is_verified_with_a_key_set_a_file_of_it_or_digits(file: Path, tmp_path: Path):
    ring = tmp_path / "keys.json"
    ring.write_text(json.dumps(KEY_SET))
    for key in (json.dumps(KEY_SET), str(ring), RECEIPTS.public_key().hex()):
        code, told = called(file, RECEIPT + b"\n", "--key", key)
        assert (code, told["kind"], told["facts"]["track_id"]) == (0, "consent-receipt", "trk_x")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_flipped_bit_is_refused(file: Path, data: st.DataObject):
    good, key = data.draw(st.sampled_from([(PROOF, KEY.text()), (RECEIPT, RECEIPTS.public_key().hex())]))
    at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    file.write_bytes(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
    with pytest.raises(Refused, match=r"."):
        verify_file(file, read_key(key), [WITNESS])


@pytest.mark.parametrize(
    ("data", "key", "reason"),
    [
        (PROOF, NoteKey(KEY.name, SEEN.public_key()).text(), "not signed by this log"),
        (PROOF, RECEIPTS.public_key().hex(), "checked with the log's key"),
        (RECEIPT, KEY.text(), "checked with a key set"),
        (RECEIPT, LOG.public_key().hex(), "a key that is not trusted here"),
        (b"\xff", KEY.text(), "not a JSON document"),
        (b"[" * 100_000, KEY.text(), "not a JSON document"),
        (b"[]", KEY.text(), "not a log proof"),
        (PROOF + b"\n\n", KEY.text(), "canonical form"),
        (json.dumps(json.loads(RECEIPT), indent=1).encode(), RECEIPTS.public_key().hex(), "not in canonical form"),
        (RECEIPT.replace(b"consent-receipt", b"Consent-receipt"), RECEIPTS.public_key().hex(), "unknown type"),
        (RECEIPT.replace(b"consent-receipt", b"revocation-receipt"), RECEIPTS.public_key().hex(), "does not hold"),
    ],
)
def test_a_refusal_says_why(file: Path, data: bytes, key: str, reason: str):
    code, told = called(file, data, "--key", key)
    assert (code, told["error"]["code"]) == (1, "refused")
    assert reason in told["error"]["detail"]


def test_a_witness_that_did_not_sign_is_missed(file: Path):
    other = NoteKey("witness.example/w2", SEEN.public_key(), COSIGNATURE)
    code, told = called(file, PROOF, "--key", KEY.text(), "--witness", other.text())
    assert (code, told["error"]["detail"]) == (1, "witness witness.example/w2 has not signed this checkpoint")


@pytest.mark.parametrize(
    "key", ["", "x", "{}", '{"keys":[]}', '{"keys":[{"kty":"RSA"}]}', "ab" * 31, WITNESS.text(), "a" * 5000]
)
def test_what_is_no_key_is_refused(file: Path, key: str):
    code, told = called(file, PROOF, "--key", key)
    assert (code, told["error"]["code"]) == (1, "bad_key")


def test_a_logs_key_is_no_witness():
    with pytest.raises(ValueError, match="not the key of a witness"):
        read_witness(KEY.text())

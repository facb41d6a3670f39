"""Exported outputs offline: a certificate with its file, a file by its credentials; each attack is refused."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from lemm.main import app
from lemm.verify import Refused, Trusted, verify_file
from lemm.verify.exported import read_root, verify_certificate, verify_media
from records import NOW, an_id
from sounds import as_file
from typer.testing import CliRunner
from vault_audio.decode import decode
from vault_credentials.chain import SIGNING_LIFE, make_root, make_signing, pem
from vault_credentials.manifest import manifest
from vault_credentials.sandboxed import embed
from vault_domain.canonical import canonical, sha256_hex
from vault_domain.checkpoints import COSIGNATURE, NoteKey
from vault_domain.exporting import CERTIFICATE, Exported, certificate
from vault_domain.output_licence import Acceptance
from vault_domain.safety import OutputCheck
from vault_domain.safety_receipt import SAFETY_RECEIPT, safety_receipt
from vault_edge.tokens import b64
from vault_store.dsse import seal
from vault_store.signer import Ed25519Signer

SINCE = datetime.now(UTC) - timedelta(days=1)
SOUND, ANOTHER = (
    as_file((0.1 * np.random.default_rng(n).normal(size=(4 * 44_100, 1))).astype(np.float32)) for n in (1, 2)
)


class Vault:
    """Keys of one installation, and what it signs."""

    def __init__(self, secret: str, since: datetime = SINCE) -> None:
        self.receipts, self.root_key, self.key = (
            Ed25519Signer.from_secret(secret, purpose) for purpose in ("receipt", "credential", "credential-signing")
        )
        self.root = make_root(self.root_key, since)
        self.trusted = Trusted(envelopes={self.receipts.key_id: self.receipts.public_key()})

    def key_set(self, root: bytes | None = None) -> str:
        x5c = [base64.b64encode(root or self.root).decode()]
        entry = {"kty": "OKP", "crv": "Ed25519", "kid": self.root_key.key_id, "x": b64(self.root_key.public_key())}
        return json.dumps({"keys": [{**entry, "x5c": x5c}]})

    def exported(self, sound: bytes, about: OutputCheck) -> bytes:
        receipt = seal(SAFETY_RECEIPT, safety_receipt(about), self.receipts).document()
        chain = pem(make_signing(self.root, self.root_key, self.key), self.root)
        said = manifest("out_one", receipt, {"name": "n", "version": 1, "text_sha256": "0" * 64})
        done = embed(sound, "audio/wav", said, chain, self.key.sign)
        assert isinstance(done, bytes), done
        return done

    def certificate(self, about: OutputCheck, file: bytes) -> bytes:
        accepted = Acceptance(holder="usr_" + "0" * 64, licence=1, text_sha256="0" * 64, said_by=an_id("acc"), at=NOW)
        handed = Exported(sha256=sha256_hex(file), bytes=len(file), media_type="audio/wav", credentials="c2pa")
        document = certificate(an_id("cer"), about, accepted, "A licence", handed, NOW)
        return seal(CERTIFICATE, document, self.receipts).to_bytes()


@pytest.fixture(scope="module")
def check(tmp_path_factory) -> OutputCheck:
    heard = decode(SOUND, tmp_path_factory.mktemp("decoded"), keep=False)
    return OutputCheck(
        output_id="out_one", check=1, service=an_id("svc"), model_id="m", content_sha256=heard.content_sha256,
        audio_sha256=heard.audio_sha256, duration_s=4.0, outcome="allow", similarity_level="none",
        sim_internal_max=0.1, sim_external_max=0.1, checked_against_internal=True,
        checked_against_external_catalogs=("catalogue:open",), versions={"policy": "1"}, at=NOW,
    )  # fmt: skip


OURS = Vault("the secret of this installation")


@pytest.fixture(scope="module")
def file(check) -> bytes:
    return OURS.exported(SOUND, check)


def test_an_exported_file_is_verified_by_itself(file, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(file)
    found = verify_media(path, OURS.trusted, read_root(OURS.key_set()))
    assert found.facts["receipt"]["outcome"] == "allow"
    keys, root = tmp_path / "keys.json", tmp_path / "root.json"
    keys.write_text(OURS.receipts.public_key().hex())
    root.write_text(OURS.key_set())
    ran = CliRunner().invoke(app, ["verify", str(path), "--key", str(keys), "--root", str(root), "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.output)["kind"] == "exported-file"
    unrooted = CliRunner().invoke(app, ["verify", str(path), "--key", str(keys), "--json"])
    assert "--root" in json.loads(unrooted.output)["error"]["detail"]


def test_what_would_not_be_looked_at_is_refused(check, file, tmp_path):
    paths = {name: tmp_path / name for name in ("sound.wav", "certificate", "receipt", "keys", "proof")}
    paths["sound.wav"].write_bytes(file)
    paths["certificate"].write_bytes(OURS.certificate(check, file))
    paths["receipt"].write_bytes(seal(SAFETY_RECEIPT, safety_receipt(check), OURS.receipts).to_bytes())
    paths["keys"].write_text(OURS.key_set())
    paths["proof"].write_text("{}")
    key = Ed25519Signer.from_secret("a secret of some log", "log").public_key()
    witness = ["--witness", NoteKey("witness.example/w1", key, COSIGNATURE).text()]
    log = ["--log-key", NoteKey("log.example/1", key).text()]

    def refused(name, *options):
        command = ["verify", str(paths[name]), "--key", OURS.receipts.public_key().hex(), *options, "--json"]
        ran = CliRunner().invoke(app, command)
        assert ran.exit_code != 0
        return ran.output

    for options in (witness, log, ["--proof", str(paths["proof"])], ["--root", str(paths["keys"])]):
        assert "would not be looked at" in refused("certificate", "--file", str(paths["sound.wav"]), *options)
    for options in (witness, log, ["--proof", str(paths["proof"])]):
        assert "would not be looked at" in refused("sound.wav", "--root", str(paths["keys"]), *options)
    assert "would not be looked at" in refused("receipt", *log)
    assert "leave --witness out" in refused("receipt", *witness)


def test_a_changed_sample_another_root_and_another_receipt_key_are_refused(file, tmp_path):
    path, stranger = tmp_path / "song.wav", Vault("the secret of another installation")
    path.write_bytes(file)
    with pytest.raises(Refused, match="do not hold"):
        verify_media(path, OURS.trusted, stranger.root)
    with pytest.raises(Refused, match="receipt in the file"):
        verify_media(path, stranger.trusted, OURS.root)
    sample = bytearray(file)
    sample[file.index(b"data") + 500] ^= 1
    path.write_bytes(sample)
    with pytest.raises(Refused, match="do not hold"):
        verify_media(path, OURS.trusted, OURS.root)
    path.write_bytes(SOUND)
    with pytest.raises(Refused, match="no content credentials"):
        verify_media(path, OURS.trusted, OURS.root)


def test_the_receipt_of_another_sound_or_of_a_block_is_refused(check, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(OURS.exported(ANOTHER, check))
    with pytest.raises(Refused, match="another sound"):
        verify_media(path, OURS.trusted, OURS.root)
    path.write_bytes(OURS.exported(SOUND, check.with_changes(outcome="block")))
    with pytest.raises(Refused, match="says block"):
        verify_media(path, OURS.trusted, OURS.root)


@pytest.mark.slow
def test_credentials_whose_chain_expired_are_refused(check, tmp_path):
    """Signed in the last seconds of the chain, read after them: the library reads no clock but the machine's."""
    ends = datetime.now(UTC) + timedelta(seconds=20)
    old = Vault("the secret of this installation", ends - SIGNING_LIFE)
    path = tmp_path / "song.wav"
    path.write_bytes(old.exported(SOUND, check))
    assert verify_media(path, old.trusted, old.root)
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 1)
    with pytest.raises(Refused, match="do not hold"):
        verify_media(path, old.trusted, old.root)


@pytest.mark.parametrize("given", ["", "{}", '{"keys": []}', '{"keys": [{"x5c": ["AAAA"], "x": "AAAA"}]}'])
def test_what_is_no_root_is_refused(given):
    with pytest.raises(ValueError, match=r"."):
        read_root(given)


def test_a_root_beside_another_key_is_refused():
    with pytest.raises(ValueError, match="another key"):
        read_root(OURS.key_set(Vault("the secret of another installation").root))


def test_a_certificate_goes_with_its_files_and_with_no_other(check, file, tmp_path):
    paper, song = tmp_path / "certificate.json", tmp_path / "song.wav"
    paper.write_bytes(OURS.certificate(check, file))
    for data, name in ((file, "exported"), (SOUND, "checked")):
        song.write_bytes(data)
        assert f"the file is the {name} one" in verify_certificate(paper, OURS.trusted, song).says
    song.write_bytes(file[:-1] + bytes([file[-1] ^ 1]))
    with pytest.raises(Refused, match="another file"):
        verify_certificate(paper, OURS.trusted, song)
    assert "standard-non-exclusive-commercial version 1" in verify_file(paper, OURS.trusted).says


def test_every_changed_byte_of_a_certificate_is_refused(check, file, tmp_path):
    paper, data = tmp_path / "certificate.json", OURS.certificate(check, file)
    for place in range(0, len(data), 37):
        paper.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(Refused):
            verify_file(paper, OURS.trusted)


def test_a_swapped_or_foreign_certificate_is_refused(check, file, tmp_path):
    paper, song = tmp_path / "certificate.json", tmp_path / "song.wav"
    song.write_bytes(file)
    paper.write_bytes(OURS.certificate(check, SOUND + b"x"))
    about_another = check.with_changes(content_sha256="0" * 64)
    paper.write_bytes(OURS.certificate(about_another, ANOTHER))
    with pytest.raises(Refused, match="another file"):
        verify_certificate(paper, OURS.trusted, song)
    paper.write_bytes(Vault("the secret of another installation").certificate(check, file))
    with pytest.raises(Refused, match="not trusted"):
        verify_certificate(paper, OURS.trusted, song)
    paper.write_bytes(seal(SAFETY_RECEIPT, safety_receipt(check), OURS.receipts).to_bytes())
    with pytest.raises(Refused, match="export-certificate"):
        verify_certificate(paper, OURS.trusted, song)
    paper.write_bytes(canonical({"payloadType": "x"}))
    with pytest.raises(Refused):
        verify_certificate(paper, OURS.trusted, song)

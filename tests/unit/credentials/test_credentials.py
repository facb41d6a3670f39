"""Content credentials: what holds, what is refused, and that no key and no parser meet."""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from sounds import as_file
from vault_audio.sandbox import Bounds
from vault_credentials import sandboxed
from vault_credentials.chain import make_root, make_signing, pem, public_key_of
from vault_credentials.manifest import TRAINED, manifest, source_type
from vault_credentials.sandboxed import NoCredentials, embed, read
from vault_store.signer import Ed25519Signer

PR_GET_DUMPABLE = 3
NOW = datetime.now(UTC) - timedelta(hours=1)
WAV = as_file((0.1 * np.random.default_rng(2).normal(size=(22_050, 1))).astype(np.float32))
RECEIPT = {"payload": "e30=", "payloadType": "t", "signatures": [{"keyid": "k", "sig": "c2ln"}]}
SAID = manifest("out_one", RECEIPT, {"name": "n", "version": 1, "text_sha256": "0" * 64})


def keys(secret: str = "a secret of some length"):
    return [Ed25519Signer.from_secret(secret, purpose) for purpose in ("credential", "credential-signing")]


def chain(since: datetime = NOW, secret: str = "a secret of some length"):
    root_key, key = keys(secret)
    root = make_root(root_key, since)
    return root, pem(make_signing(root, root_key, key), root), key.sign


@pytest.fixture(scope="module")
def signed() -> bytes:
    _, certificates, sign = chain()
    done = embed(WAV, "audio/wav", SAID, certificates, sign)
    assert isinstance(done, bytes)
    return done


def judged(data: bytes, tmp_path, root: bytes | None = None):
    path = tmp_path / "file"
    path.write_bytes(data)
    return read(path, "audio/wav", pem(root or chain()[0]))


def test_the_chain_is_a_function_of_its_keys_and_its_day():
    assert chain()[:2] == chain()[:2]
    assert public_key_of(chain()[0]) == keys()[0].public_key()
    root_key, key = keys()
    with pytest.raises(ValueError, match="root"):
        public_key_of(make_signing(make_root(root_key, NOW), root_key, key))


def test_a_signed_file_says_what_it_is_and_holds_the_receipt(signed, tmp_path):
    found = judged(signed, tmp_path)
    assert (found.state, found.failures) == ("Trusted", ())
    assert source_type(found.manifest) == TRAINED
    assert found.assertion("org.lemm.safety-receipt") == RECEIPT
    assert found.assertion("org.lemm.licence")["version"] == 1


def test_credentials_that_were_there_stay_as_the_parent(signed, tmp_path):
    _, certificates, sign = chain()
    later = manifest("out_two", {**RECEIPT, "payload": "W10="}, {"name": "n", "version": 2, "text_sha256": "0" * 64})
    done = embed(signed, "audio/wav", later, certificates, sign)
    assert isinstance(done, bytes), done
    found = judged(done, tmp_path)
    assert (found.state, source_type(found.manifest)) == ("Trusted", TRAINED)
    assert found.assertion("org.lemm.licence")["version"] == 2
    assert [one["relationship"] for one in found.manifest["ingredients"]] == ["parentOf"]


def test_another_root_is_not_trusted(signed, tmp_path):
    found = judged(signed, tmp_path, chain(secret="another secret of some length")[0])
    assert (found.state, found.failures) == ("Valid", ("signingCredential.untrusted",))


def test_nothing_is_signed_under_an_expired_chain():
    _, certificates, sign = chain(NOW - timedelta(days=16 * 365))
    done = embed(WAV, "audio/wav", SAID, certificates, sign)
    assert isinstance(done, NoCredentials)
    assert "not valid at time of signing" in done.why


def test_a_changed_sample_and_a_changed_statement_are_found_out(signed, tmp_path):
    sample = bytearray(signed)
    sample[signed.index(b"data") + 500] ^= 1
    assert "assertion.dataHash.mismatch" in judged(bytes(sample), tmp_path).failures
    statement = signed.replace(b'"version":1', b'"version":2')
    assert statement != signed
    assert judged(statement, tmp_path).state == "Invalid"


def test_a_signature_by_another_key_is_refused(tmp_path):
    _, certificates, _ = chain()
    _, other = keys("another secret of some length")
    done = embed(WAV, "audio/wav", SAID, certificates, other.sign)
    assert isinstance(done, NoCredentials) or judged(done, tmp_path).state == "Invalid"


def test_a_file_without_credentials_is_absent_not_wrong(tmp_path):
    assert judged(WAV, tmp_path).code == "absent"


def test_only_one_signature_is_given_per_file(tmp_path):
    asked: list[bytes] = []
    over = Event()
    for name in ("tbs", "sig"):
        os.mkfifo(tmp_path / name)
    questions = os.open(tmp_path / "tbs", os.O_RDWR | os.O_NONBLOCK)
    os.write(questions, b"".join(struct.pack(">I", 3) + word for word in (b"one", b"two")))
    thread = Thread(target=sandboxed._answer_one, args=(tmp_path, lambda data: asked.append(data) or b"s" * 64, over))
    thread.start()
    answers = os.open(tmp_path / "sig", os.O_RDWR)
    assert os.read(answers, 1000) == b"s" * 64
    over.set()
    thread.join(5)
    assert asked == [b"one"]


@pytest.mark.parametrize("size", [sandboxed.MAX_TO_SIGN + 1, 2**32 - 1])
def test_nothing_oversized_is_signed(tmp_path, size):
    os.mkfifo(tmp_path / "tbs")
    pipe = os.open(tmp_path / "tbs", os.O_RDWR | os.O_NONBLOCK)
    os.write(pipe, struct.pack(">I", size) + b"x")
    assert sandboxed._whole(pipe, Event()) is None


@pytest.mark.parametrize(("cut", "junk"), [(0, b""), (20, b"\xff" * 300), (100, b"C2PA\xff\xff\xff\x7fjumb")])
def test_hostile_bytes_never_crash_the_caller(cut, junk):
    _, certificates, sign = chain()
    done = embed(WAV[:cut] + junk, "audio/wav", SAID, certificates, sign)
    assert isinstance(done, bytes | NoCredentials)


@pytest.mark.parametrize("left", [
    "os.symlink('/etc/passwd', 'signed')", "os.mkfifo('signed')", "os.mkdir('signed')",
    "open('signed', 'wb').truncate(BOUND + 1)", "pass",
])  # fmt: skip
def test_only_a_regular_file_of_bounded_size_is_taken_from_the_sandbox(tmp_path, monkeypatch, left):
    program = tmp_path / "taken_over.py"
    program.write_text(f"""import os\nBOUND = 1 << 20\n{left}\nopen('answer.json', 'w').write('{{"done": {{}}}}')\n""")
    monkeypatch.setattr(sandboxed, "PROGRAM", program)
    monkeypatch.setattr(sandboxed, "BOUNDS", Bounds(wall_s=20, file_bytes=1 << 20))
    _, certificates, sign = chain()
    assert embed(WAV, "audio/wav", SAID, certificates, sign) == sandboxed.FAILED


@pytest.mark.parametrize("left", ["os.symlink('/etc/passwd', 'answer.json')", "os.mkfifo('answer.json')", "pass"])
def test_an_answer_that_is_none_is_no_answer(tmp_path, monkeypatch, left):
    program = tmp_path / "taken_over.py"
    program.write_text(f"import os\n{left}\n")
    monkeypatch.setattr(sandboxed, "PROGRAM", program)
    assert judged(WAV, tmp_path) == sandboxed.FAILED


def test_the_process_with_the_key_is_hidden_from_the_sandbox(tmp_path, monkeypatch):
    program = tmp_path / "taken_over.py"
    program.write_text(
        """import json, os, pathlib
seen = []
for name in ("mem", "environ"):
    try:
        open(f"/proc/{os.getppid()}/{name}", "rb").close()
        seen.append(name)
    except PermissionError:
        pass
pathlib.Path("signed").write_text(json.dumps(seen))
pathlib.Path("answer.json").write_text('{"done": {}}')
"""
    )
    monkeypatch.setattr(sandboxed, "PROGRAM", program)
    _, certificates, sign = chain()
    seen = embed(WAV, "audio/wav", SAID, certificates, sign)
    assert ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
    if not may_trace():
        assert seen == b"[]"


def may_trace() -> bool:
    """Whether this user may read any process (CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_PERFMON)."""
    (held,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff")]
    return bool(int(held.split()[1], 16) & (1 << 19 | 1 << 21 | 1 << 38))


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and every path that somebody asked it for."""
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_given: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/secret", asked
        finally:
            server.shutdown()
            thread.join()


def naming(address: str) -> bytes:
    """An MP3 whose XMP says that its credentials lie at this address."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    held = b"XMP\0" + xmp.encode()
    frame = b"PRIV" + _seven_bits(len(held)) + b"\0\0" + held
    return b"ID3\x04\0\0" + _seven_bits(len(frame)) + frame + (b"\xff\xfb\x90\x64" + bytes(413)) * 50


def _seven_bits(size: int) -> bytes:
    return bytes((size >> shift) & 127 for shift in (21, 14, 7, 0))


def test_no_address_that_a_file_names_is_asked(tmp_path):
    root, certificates, sign = chain()
    with listening() as (address, asked):
        audio = naming(address)
        done = embed(audio, "audio/mpeg", SAID, certificates, sign)
        path = tmp_path / "file"
        path.write_bytes(audio)
        found = read(path, "audio/mpeg", pem(root))
    assert asked == []
    assert isinstance(done, bytes)
    assert isinstance(found, NoCredentials)

"""Proof files: what was proven opens, every flipped bit is refused with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, an_id
from vault_domain.canonical import canonical
from vault_domain.checkpoints import COSIGNATURE, Checkpoint, NoteKey, cosign, sign_checkpoint
from vault_domain.events import Actor, Kind, make_event
from vault_domain.merkle import consistency_path, inclusion_path, leaf_hash, perfect_root, root_of
from vault_domain.proofs import Older, Proof, check_proof, parse_proof
from vault_store.signer import Ed25519Signer, verify

LOG = Ed25519Signer.from_secret("a secret for the log's tests", "log")
SEEN = Ed25519Signer.from_secret("a secret of some witness", "witness")
KEY = NoteKey("lemm.example/log", LOG.public_key())
WITNESS = NoteKey("witness.example/w1", SEEN.public_key(), COSIGNATURE)
ACTOR = Actor(id="fn:decide", role="system")
ENTRIES = [
    make_event(an_id("evt", n), Kind.SUBMISSION_DECISION, an_id("trk", n), ACTOR, NOW, outcome="accept").leaf()
    for n in range(13)
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def signed(size: int) -> str:
    return sign_checkpoint(Checkpoint(KEY.name, size, root_of(LEAVES[:size])), KEY, LOG.sign)


def perfect(start: int, end: int) -> bytes:
    return perfect_root(LEAVES[start:end])


def a_proof(index: int = 6, size: int = 13, since: int | None = 5) -> Proof:
    older = Older(signed(since), consistency_path(since, size, perfect)) if since else None
    return Proof(ENTRIES[index], index, inclusion_path(index, size, perfect), signed(size), older)


def check(data: bytes, *witnesses: NoteKey):
    return check_proof(parse_proof(data), KEY, verify, witnesses)


def test_what_was_proven_opens():
    proven = check(a_proof().to_bytes())
    assert proven.event == json.loads(ENTRIES[6])
    assert (proven.index, proven.checkpoint.size, proven.older.size) == (6, 13, 5)
    assert parse_proof(a_proof().to_bytes()) == a_proof()


@pytest.mark.parametrize("since", [None, 5])
def test_every_flipped_bit_is_refused(since: int | None):
    data = a_proof(since=since).to_bytes()
    for at in range(len(data)):
        for bit in range(8):
            with pytest.raises(ValueError, match=r"."):
                check(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes):
    with pytest.raises(ValueError, match=r"."):
        parse_proof(data)


def test_another_spelling_is_refused():
    document = a_proof().document()
    for data in (json.dumps(document).encode(), canonical(document) + b"\n", canonical({**document, "more": 1})):
        with pytest.raises(ValueError, match="not a"):
            parse_proof(data)
    for field, value in (("index", True), ("index", "6"), ("inclusion", "x"), ("checkpoint", 1), ("entry", None),
                         ("inclusion", ["AAAA"]), ("consistency", None), ("consistency", {"path": []})):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            check(canonical({**document, field: value}))


def test_a_rewritten_log_is_seen():
    forged = sign_checkpoint(Checkpoint(KEY.name, 5, root_of(LEAVES[1:6])), KEY, LOG.sign)
    proof = a_proof()
    with pytest.raises(ValueError, match="rewritten"):
        check(Proof(proof.entry, 6, proof.inclusion, proof.checkpoint, Older(forged, proof.older.path)).to_bytes())


def test_a_witness_that_is_asked_for_must_have_signed():
    proof = a_proof(since=None)
    with pytest.raises(ValueError, match="has not signed"):
        check(proof.to_bytes(), WITNESS)
    note = cosign(proof.checkpoint, WITNESS, SEEN.sign, NOW)
    data = Proof(proof.entry, proof.index, proof.inclusion, note).to_bytes()
    assert check(data, WITNESS).cosigned == {WITNESS.name: NOW}


def test_another_logs_key_opens_nothing():
    other = NoteKey(KEY.name, SEEN.public_key())
    with pytest.raises(ValueError, match="not signed by this log"):
        check_proof(a_proof(), other, verify)

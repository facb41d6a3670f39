"""Signed checkpoints: a real log's, our own, witnesses, and every bit of them."""

from datetime import UTC, datetime

import pytest
from vault_domain.checkpoints import (
    COSIGNATURE,
    Checkpoint,
    NoteKey,
    cosign,
    open_checkpoint,
    parse_key,
    sign_checkpoint,
)
from vault_store.signer import Ed25519Signer, verify

LOG = Ed25519Signer.from_secret("a secret for the log's tests", "log")
SEEN = Ed25519Signer.from_secret("a secret of some witness", "witness")
KEY = NoteKey("lemm.example/log", LOG.public_key())
WITNESS = NoteKey("witness.example/w1", SEEN.public_key(), COSIGNATURE)
TREE = Checkpoint(KEY.name, 70_000, b"\x07" * 32)
NOTE = sign_checkpoint(TREE, KEY, LOG.sign)
THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)

# Go's checksum database, as its key is published and as the specification of checkpoints shows one of its notes.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_BODY = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
GO_SIGNATURE = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="


def test_the_signature_of_a_real_log_holds_and_is_for_its_own_origin():
    import base64

    key = parse_key(GO_KEY)
    assert key.text() == GO_KEY
    blob = base64.b64decode(GO_SIGNATURE)
    assert blob[:4] == key.key_id
    assert verify(key.public_key, GO_BODY.encode(), blob[4:])
    with pytest.raises(ValueError, match="another log"):  # this log's origin is not its key's name; ours always is
        open_checkpoint(f"{GO_BODY}\n\u2014 sum.golang.org {GO_SIGNATURE}\n", key, verify)


def test_what_was_signed_opens():
    assert open_checkpoint(NOTE, KEY, verify).checkpoint == TREE
    assert parse_key(KEY.text()) == KEY


def test_every_flipped_bit_is_refused():
    data = NOTE.encode()
    for at in range(len(data)):
        for bit in range(8):
            flipped = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            with pytest.raises(ValueError):  # noqa: PT011 - one of many reasons
                open_checkpoint(flipped.decode(), KEY, verify)


def test_every_cut_is_refused():
    for at in range(len(NOTE)):
        with pytest.raises(ValueError):  # noqa: PT011
            open_checkpoint(NOTE[:at], KEY, verify)


def test_a_witness_is_counted_only_when_known_and_sound():
    note = cosign(NOTE, WITNESS, SEEN.sign, THEN)
    assert open_checkpoint(note, KEY, verify).cosigned == {}
    assert open_checkpoint(note, KEY, verify, [WITNESS]).cosigned == {WITNESS.name: THEN}
    forged = cosign(NOTE, WITNESS, LOG.sign, THEN)
    assert open_checkpoint(forged, KEY, verify).checkpoint == TREE, "unknown signatures are ignored"
    with pytest.raises(ValueError, match=r"witness witness.example/w1 does not hold"):
        open_checkpoint(forged, KEY, verify, [WITNESS])


def test_the_time_of_a_witness_is_signed():
    note = cosign(NOTE, WITNESS, SEEN.sign, THEN)
    data = note.encode()
    start = len(NOTE.encode())
    for at in range(start, len(data)):
        for bit in range(8):
            flipped = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            try:
                opened = open_checkpoint(flipped.decode(), KEY, verify, [WITNESS])
            except ValueError:
                continue
            assert opened.cosigned == {}, "a name or id that is not the witness's is nobody's"


def test_a_witness_alone_is_no_log():
    note = cosign(NOTE, WITNESS, SEEN.sign, THEN)
    alone = f"{TREE.body()}\n{note.splitlines()[-1]}\n"
    with pytest.raises(ValueError, match="not signed by this log"):
        open_checkpoint(alone, KEY, verify, [WITNESS])


@pytest.mark.parametrize("text", ["", "a", "a+b+c", KEY.text()[:-2], KEY.text().replace("+", "-"), "ü+00000000+AAAA"])
def test_what_is_no_key_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_key(text)


@pytest.mark.parametrize(
    ("old", "new"), [("70000", "070000"), ("70000", "-1"), ("70000", "1e3"), ("70000", ""), ("70000", "7\u0660")]
)
def test_a_signed_body_that_is_no_checkpoint_is_refused(old: str, new: str):
    body = TREE.body().replace(old, new)
    import base64

    line = base64.b64encode(KEY.key_id + LOG.sign(body.encode())).decode()
    with pytest.raises(ValueError, match="not a"):
        open_checkpoint(f"{body}\n\u2014 {KEY.name} {line}\n", KEY, verify)


def test_a_name_with_spaces_or_a_plus_is_no_key():
    for name in ("", "a b", "a+b", "a\n"):
        with pytest.raises(ValueError, match="not a key"):
            NoteKey(name, LOG.public_key())

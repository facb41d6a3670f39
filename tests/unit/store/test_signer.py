"""Keys derived from secrets, and envelopes that no bit may change in."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.canonical import canonical
from vault_domain.dsse import Envelope, pae, parse, payload_type
from vault_domain.errors import Unauthenticated
from vault_store.dsse import open_sealed, seal
from vault_store.signer import Ed25519Signer, key_id_of, verify

SIGNER = Ed25519Signer.from_secret("a secret of the golden test", "receipt")
KEYS = {SIGNER.key_id: SIGNER.public_key()}
DOCUMENT = {"track": "trk_1", "terms": "0a", "n": 1.0, "names": ["ü", "b"], "none": None}
SEALED = seal("consent-receipt", DOCUMENT, SIGNER).to_bytes()

GOLDEN_KEY = "a7f1df85be0b223f52fa05e150503eb1405c979247b9561e943a462befc76149"
GOLDEN_SEALED = (
    '{"payload":"eyJuIjoxLCJuYW1lcyI6WyLDvCIsImIiXSwibm9uZSI6bnVsbCwidGVybXMiOiIwYSIsInRyYWNrIjoidHJrXzEifQ==",'
    '"payloadType":"application/vnd.lemm.consent-receipt.v1+json","signatures":[{"keyid":"257dd807d3746e8d","sig":'
    '"SU0EaQd4QU5291c/DldhjaRzUCyujh6N1OMDAiw4ZFDyYMimIcHNXgjX66QkaMbHYRO3g0FkmtRBVDHYB5sLBA=="}]}'
)


# --- keys ---------------------------------------------------------------------


def test_the_same_secret_and_purpose_give_this_key():
    assert SIGNER.public_key().hex() == GOLDEN_KEY
    assert SIGNER.key_id == hashlib.sha256(bytes.fromhex(GOLDEN_KEY)).hexdigest()[:16]


@pytest.mark.parametrize(("secret", "purpose"), [
    ("a secret of the golden test", "jwt"), ("a secret of the golden tesT", "receipt"),
])  # fmt: skip
def test_another_secret_or_purpose_gives_another_key(secret, purpose):
    other = Ed25519Signer.from_secret(secret, purpose)
    assert other.key_id != SIGNER.key_id
    assert not verify(other.public_key(), b"m", SIGNER.sign(b"m"))


@pytest.mark.parametrize(("secret", "purpose"), [("short", "jwt"), ("", "jwt"), ("long enough to be a secret", "")])
def test_a_weak_secret_or_no_purpose_is_refused(secret, purpose):
    with pytest.raises(ValueError, match=r"secret|purpose"):
        Ed25519Signer.from_secret(secret, purpose)


def test_a_signer_shows_only_its_key_id():
    assert repr(SIGNER) == f"Ed25519Signer({SIGNER.key_id})"
    assert "secret" not in repr(vars(SIGNER))


@given(st.binary(max_size=200))
def test_a_signature_holds_for_its_message(message):
    assert verify(SIGNER.public_key(), message, SIGNER.sign(message))
    assert not verify(SIGNER.public_key(), message + b"x", SIGNER.sign(message))


def test_any_flipped_bit_breaks_a_signature():
    signature = SIGNER.sign(b"message")
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not verify(SIGNER.public_key(), b"message", bytes(flipped))


@given(st.binary(max_size=40), st.binary(max_size=70))
def test_nonsense_keys_and_signatures_do_not_verify_and_do_not_raise(key, signature):
    assert not verify(key, b"message", signature)


@pytest.mark.parametrize("key", [b"\0" * 32, b"\xff" * 32, b"\1" + b"\0" * 31])
def test_degenerate_keys_verify_nothing(key):
    assert not verify(key, b"message", b"\0" * 64)
    assert not verify(key, b"message", SIGNER.sign(b"message"))


# --- envelopes ----------------------------------------------------------------


def test_the_encoding_is_that_of_the_specification():
    """The example of the DSSE v1 protocol, and lengths counted in bytes."""
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("ü", b"\0 ") == b"DSSEv1 2 \xc3\xbc 2 \0 "


def test_the_envelope_is_these_bytes():
    assert SEALED.decode() == GOLDEN_SEALED


def test_what_was_sealed_is_what_is_opened():
    wanted = json.loads(canonical(DOCUMENT))
    for form in (SEALED, SEALED.decode(), json.loads(SEALED), seal("consent-receipt", DOCUMENT, SIGNER).document()):
        assert open_sealed(form, "consent-receipt", KEYS) == wanted


@given(st.dictionaries(st.text(max_size=8), st.integers(-(2**53), 2**53) | st.text() | st.booleans(), max_size=6))
def test_sealing_and_opening_is_the_identity_on_canonical_documents(document):
    envelope = seal("manifest", document, SIGNER)
    assert parse(envelope.to_bytes()) == envelope
    assert open_sealed(envelope.to_bytes(), "manifest", KEYS) == document


def test_any_flipped_bit_is_refused():
    for bit in range(len(SEALED) * 8):
        flipped = bytearray(SEALED)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unauthenticated):
            open_sealed(bytes(flipped), "consent-receipt", KEYS)


def test_any_cut_is_refused():
    for length in range(len(SEALED)):
        with pytest.raises(Unauthenticated):
            open_sealed(SEALED[:length], "consent-receipt", KEYS)


def test_an_unknown_key_is_refused():
    other = Ed25519Signer.from_secret("another secret, as long", "receipt")
    for keys in ({}, {other.key_id: other.public_key()}, {SIGNER.key_id: other.public_key()}):
        with pytest.raises(Unauthenticated, match="trusted"):
            open_sealed(SEALED, "consent-receipt", keys)


def test_a_key_under_a_false_id_is_refused():
    other = Ed25519Signer.from_secret("another secret, as long", "receipt")
    found = seal("consent-receipt", DOCUMENT, other)
    posing = Envelope(found.payload, found.payload_type, SIGNER.key_id, found.signature)
    with pytest.raises(Unauthenticated):
        open_sealed(posing.to_bytes(), "consent-receipt", KEYS)
    with pytest.raises(Unauthenticated):
        open_sealed(posing.to_bytes(), "consent-receipt", {SIGNER.key_id: other.public_key()})


def test_a_document_of_another_kind_is_refused():
    with pytest.raises(Unauthenticated, match="not a signed manifest"):
        open_sealed(SEALED, "manifest", KEYS)


def test_a_signature_does_not_carry_over_to_another_type():
    found = parse(SEALED)
    renamed = Envelope(found.payload, payload_type("manifest"), found.key_id, found.signature)
    with pytest.raises(Unauthenticated, match="does not hold"):
        open_sealed(renamed.to_bytes(), "manifest", KEYS)


@pytest.mark.parametrize(
    "payload", [b"[]", b"null", b'{"b":1,"a":2}', b'{"a": 1}', b"", b"\xff", b'{"a":1,"a":1}', b"[" * 9000]
)
def test_a_signed_payload_that_is_no_canonical_object_is_refused(payload):
    kind = payload_type("manifest")
    signed = Envelope(payload, kind, SIGNER.key_id, SIGNER.sign(pae(kind, payload)))
    with pytest.raises(Unauthenticated, match="canonical"):
        open_sealed(signed.to_bytes(), "manifest", KEYS)


def respelled(**changes: object) -> bytes:
    return canonical(json.loads(SEALED) | changes)


SIGNATURE = json.loads(SEALED)["signatures"][0]


@pytest.mark.parametrize("other", [
    b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, SEALED + b"\n", b" " + SEALED,
    SEALED.replace(b":", b": ", 1), SEALED.replace(b"payloadType", b"payload\\u0054ype"),
    respelled(extra=1), respelled(signatures=[]), respelled(signatures=[SIGNATURE] * 2), respelled(signatures={}),
    respelled(signatures=[SIGNATURE | {"extra": 1}]), respelled(signatures=["x"]), respelled(signatures=None),
    respelled(payload=1), respelled(payload=None), respelled(payload="===="), respelled(payload="e30"),
    respelled(payloadType=[]), respelled(signatures=[SIGNATURE | {"keyid": 7}]),
    respelled(signatures=[SIGNATURE | {"sig": SIGNATURE["sig"].rstrip("=")}]),
    respelled(signatures=[SIGNATURE | {"sig": base64.urlsafe_b64encode(b"\xff" * 64).decode()}]),
    respelled(signatures=[SIGNATURE | {"sig": ""}]),
])  # fmt: skip
def test_any_other_spelling_is_refused(other):
    with pytest.raises(Unauthenticated):
        open_sealed(other, "consent-receipt", KEYS)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_nonsense_is_refused(nonsense):
    with pytest.raises(Unauthenticated):
        open_sealed(nonsense, "consent-receipt", KEYS)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "keyid", "sig"]), inner, max_size=4),
))  # fmt: skip
def test_nonsense_of_the_right_shape_is_refused(nonsense):
    with pytest.raises(Unauthenticated):
        open_sealed(json.dumps(nonsense), "consent-receipt", KEYS)
    if isinstance(nonsense, dict):
        with pytest.raises(Unauthenticated):
            open_sealed(nonsense, "consent-receipt", KEYS)


@pytest.mark.parametrize("name", ["", "Manifest", "a b", "a/b", "-a", "a" * 62, "a.v2"])
def test_a_document_name_is_plain(name):
    with pytest.raises(ValueError, match="document name"):
        payload_type(name)


def test_a_key_id_is_sixteen_hexadecimal_digits():
    assert key_id_of(b"\0" * 32) == "66687aadf862bd77"

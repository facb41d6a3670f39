"""The certificate chain behind content credentials: an installation's own root, and one signing certificate.

Both keys come from the installation's receipt secret (:mod:`vault_store.signer`),
so nothing but that secret is kept. The root is made once and published in the
key ring; the signing certificate is a function of root and keys, so every
container makes the same bytes. A file stays readable for ``SIGNING_LIFE`` from
the day when the root was made: it carries no time stamp of a third party.

Profile: C2PA 2.x, "X.509 certificates": version 3, Ed25519, digitalSignature,
an extended key usage, authority key identifier, and never self-signed.
"""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from vault_store.signer import Ed25519Signer

ROOT_LIFE = timedelta(days=20 * 365)
SIGNING_LIFE = timedelta(days=15 * 365)
ORGANISATION = "LEMM Vault"
_NO_USES = {
    "digital_signature": False, "content_commitment": False, "key_encipherment": False, "data_encipherment": False,
    "key_agreement": False, "key_cert_sign": False, "crl_sign": False, "encipher_only": False, "decipher_only": False,
}  # fmt: skip


def make_root(key: Ed25519Signer, now: datetime) -> bytes:
    """The root's certificate, DER."""
    built = _unsigned("LEMM Vault content credentials root", "LEMM Vault content credentials root", key, now, ROOT_LIFE)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(x509.KeyUsage(**_NO_USES | {"key_cert_sign": True, "crl_sign": True}), critical=True)
    return key.certify(built).public_bytes(Encoding.DER)


def make_signing(root: bytes, root_key: Ed25519Signer, key: Ed25519Signer) -> bytes:
    """The signing certificate under this root, DER; the same bytes each time."""
    above = x509.load_der_x509_certificate(root)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(root_key))
    built = _unsigned("LEMM Vault licence-export", _name_of(above), key, above.not_valid_before_utc, SIGNING_LIFE)
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(x509.KeyUsage(**_NO_USES | {"digital_signature": True}), critical=True)
    built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    built = built.add_extension(authority, critical=False)
    return root_key.certify(built).public_bytes(Encoding.DER)


def pem(*certificates: bytes) -> str:
    """Certificates one after another, PEM."""
    return "".join(
        x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM).decode("ascii") for one in certificates
    )


def public_key_of(root: bytes) -> bytes:
    """The raw key in a root's certificate. Raises ``ValueError`` for what is not a self-signed Ed25519 certificate."""
    certificate = x509.load_der_x509_certificate(root)
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not a certificate of an Ed25519 key")
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, TypeError, ValueError):
        raise ValueError("not a root: its own key did not sign it") from None
    return key.public_bytes_raw()


def _unsigned(name: str, issuer: str, key: Ed25519Signer, since: datetime, life: timedelta) -> x509.CertificateBuilder:
    since = since.replace(microsecond=0)
    serial = int.from_bytes(bytes.fromhex(key.key_id), "big") | 1
    return (
        x509.CertificateBuilder(subject_name=_name(name), issuer_name=_name(issuer), public_key=_public(key))
        .serial_number(serial)
        .not_valid_before(since)
        .not_valid_after(since + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(_public(key)), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _name_of(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _public(key: Ed25519Signer) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key.public_key())

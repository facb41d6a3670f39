"""Typed, prefixed identifiers.

An id is a prefix and 26 characters of Crockford base 32 (130 bits, of which
the caller supplies 128 as entropy). Prefixes make an id readable in a log and
refuse a track id where a run id is due.
"""

from typing import Annotated

from pydantic import StringConstraints

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_BODY = "[0-9a-hjkmnp-tv-z]{26}"

AccountId = Annotated[str, StringConstraints(pattern=f"^(acc|svc)_{_BODY}$")]
UploadId = Annotated[str, StringConstraints(pattern=f"^upl_{_BODY}$")]
TrackId = Annotated[str, StringConstraints(pattern=f"^trk_{_BODY}$")]
RightsId = Annotated[str, StringConstraints(pattern=f"^rgt_{_BODY}$")]
SubmissionId = Annotated[str, StringConstraints(pattern=f"^sub_{_BODY}$")]
RunId = Annotated[str, StringConstraints(pattern="^run_[0-9A-Za-z_-]{1,60}$")]
OutputId = Annotated[str, StringConstraints(pattern="^out_[0-9A-Za-z_-]{1,60}$")]
ModelId = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z][0-9A-Za-z._:-]{0,119}$")]
VersionName = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z][0-9A-Za-z._+-]{0,59}$")]
InvitationId = Annotated[str, StringConstraints(pattern=f"^inv_{_BODY}$")]
SnippetId = Annotated[str, StringConstraints(pattern=f"^snp_{_BODY}$")]
ProposalId = Annotated[str, StringConstraints(pattern=f"^prp_{_BODY}$")]
ControlId = Annotated[str, StringConstraints(pattern=f"^ctl_{_BODY}$")]
ClaimId = Annotated[str, StringConstraints(pattern=f"^clm_{_BODY}$")]
OutputCode = Annotated[str, StringConstraints(pattern=f"^cod_{_BODY}$")]
CertificateId = Annotated[str, StringConstraints(pattern=f"^cer_{_BODY}$")]
MessageId = Annotated[str, StringConstraints(pattern=f"^msg_{_BODY}$")]
BuildId = Annotated[str, StringConstraints(pattern=f"^bld_{_BODY}$")]
EventId = Annotated[str, StringConstraints(pattern=f"^evt_{_BODY}$")]

PREFIXES = (
    "acc",
    "svc",
    "upl",
    "trk",
    "rgt",
    "sub",
    "run",
    "out",
    "evt",
    "tok",
    "con",
    "rcp",
    "chk",
    "inv",
    "snp",
    "prp",
    "ctl",
    "clm",
    "msg",
    "slt",
    "bld",
    "cod",
    "cer",
)


def make_id(prefix: str, entropy: bytes) -> str:
    """Format 16 bytes of entropy as an id with this prefix.

    >>> make_id("trk", bytes(16))
    'trk_00000000000000000000000000'
    """
    if prefix not in PREFIXES:
        raise ValueError(f"unknown id prefix {prefix!r}")
    if len(entropy) != 16:
        raise ValueError("an id needs exactly 16 bytes of entropy")
    number = int.from_bytes(entropy, "big")
    body = ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        body = _ALPHABET[digit] + body
    return f"{prefix}_{body}"

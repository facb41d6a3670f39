"""What each failure of S3 means for the caller."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from vault_domain.errors import BadRequest, LostRace, NotFound, TooLarge, Unavailable, VaultError

from vault_store.patience import Transient

# What reading a body may raise once the answer has begun.
BODY_FAULTS = (IncompleteReadError, HTTPClientError, ConnectionError, TimeoutError)

# HEAD answers carry no body, so their code is the bare status.
MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "NotFound", "404", "405", "MethodNotAllowed"})
BROKEN = frozenset({"PreconditionFailed", "412"})
BUSY = frozenset(
    {
        "ConditionalRequestConflict",
        "OperationAborted",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "SlowDown",
        "ThrottlingException",
        "409",
        "429",
    }
)
DENIED = frozenset(
    {
        "AccessDenied",
        "403",
        "NoSuchBucket",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "KMS.DisabledException",
        "KMS.NotFoundException",
    }
)


def judge(error: ClientError | BotoCoreError, bucket: str) -> Exception:
    """The exception to raise for a failed call."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return Unavailable("the object store has no credentials to work with")
    if isinstance(error, ParamValidationError):
        return BadRequest("the object store cannot take this key")
    if isinstance(error, BotoCoreError):
        return Transient(type(error).__name__)
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in MISSING or _names_no_version(error, code):
        return NotFound(f"no such object in {bucket}")
    if code in BROKEN:
        return LostRace("the object changed in the meantime; read it again")
    if code in BUSY or status >= 500:
        return Transient(code)
    if code in DENIED:
        return Unavailable(f"the object store refused this function in {bucket} ({code})")
    if code == "EntityTooLarge":
        return TooLarge("this object is over the limit of the store")
    return VaultError(f"the object store rejected a request in {bucket} ({code or 'no code'})")


def _names_no_version(error: ClientError, code: str) -> bool:
    """A version id that S3 could never have issued is answered with 400, not 404."""
    if code == "InvalidArgument":
        return "version" in error.response.get("Error", {}).get("Message", "").lower()
    return code == "400" and error.operation_name == "HeadObject"

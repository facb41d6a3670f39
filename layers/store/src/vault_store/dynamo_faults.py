"""What each failure of DynamoDB means for the caller.

- an expectation that did not hold is ``LostRace``, also beside other reasons;
- throttling, conflicts, server faults and lost connections are ``Transient``;
- a denied call or missing table is ``Unavailable`` at once: another try would
  give the same answer, and a check that could not be made is never a pass;
- anything else is our own mistake, and says so without the request's content.
"""

from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from vault_domain.errors import LostRace, TooLarge, Unavailable, VaultError

from vault_store.patience import Transient

THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "Throttling",
        "RequestLimitExceeded",
        "LimitExceededException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
DENIED = frozenset(
    {
        "AccessDeniedException",
        "AccessDenied",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "IncompleteSignatureException",
        "MissingAuthenticationTokenException",
        "ExpiredTokenException",
        "ResourceNotFoundException",
    }
)


def judge(cause: BaseException | None, reasons: Sequence[str]) -> Exception:
    """The exception to raise for a failed call; ``reasons`` are a cancelled transaction's."""
    if "ConditionalCheckFailed" in reasons:
        return LostRace("a record changed in the meantime; read it again and retry")
    if isinstance(cause, NoCredentialsError | PartialCredentialsError):
        return Unavailable("the record store has no credentials to work with")
    if isinstance(cause, ClientError):
        return _judge_answer(cause, reasons)
    if isinstance(cause, BotoCoreError):
        return Transient(type(cause).__name__)
    return VaultError("the record store failed in a way it should not")


def _judge_answer(cause: ClientError, reasons: Sequence[str]) -> Exception:
    code = cause.response.get("Error", {}).get("Code", "")
    if code in THROTTLED or _status(cause) >= 500 or (reasons and THROTTLED.issuperset(reasons)):
        return Transient(", ".join(sorted(set(reasons))) or code)
    if code in DENIED:
        return Unavailable(f"the record store refused this function ({code})")
    if "ItemCollectionSizeLimitExceeded" in reasons:
        return TooLarge("this record has grown past what one key may hold")
    return VaultError(f"the record store rejected a request ({', '.join(reasons) or code or 'no code'})")


def _status(cause: ClientError) -> int:
    """The HTTP status; pynamodb's error drops it and keeps botocore's as its cause."""
    origin = cause.__cause__ if isinstance(cause.__cause__, ClientError) else cause
    return int(origin.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))

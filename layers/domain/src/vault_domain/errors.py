"""Every refusal the vault can give, named once.

Each class carries a stable ``code`` (part of the public interface: clients and
state machines match on it) and the HTTP ``status`` that goes with it. The edge
turns them into RFC 9457 problem documents; the state machine sees the class
name as its error name. Messages are for people: they say what to do next and
hold no personal data.
"""

from typing import ClassVar


class VaultError(Exception):
    """Root of all refusals; ``detail`` says what happened and what to do next."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


# --- who is asking -----------------------------------------------------------


class Unauthenticated(VaultError):
    """No token, or one that does not verify."""

    code, status, title = "unauthenticated", 401, "Sign in first"


class BadCredentials(VaultError):
    """E-mail and password, or client id and secret, do not match."""

    code, status, title = "bad_credentials", 401, "These credentials do not match"


class Forbidden(VaultError):
    """The caller is known and lacks the role or scope."""

    code, status, title = "forbidden", 403, "Your role does not allow this"


class PromptTokenRefused(Forbidden):
    """The token of a prompt's check is not genuine, has expired, or belongs to another service or prompt."""

    code, title = "prompt_token_refused", "This prompt token does not count here"


class NotFound(VaultError):
    """No such thing, or it belongs to somebody else: the answer is the same."""

    code, status, title = "not_found", 404, "No such thing, or it is not yours"


class TooMany(VaultError):
    """A rate limit or quota was reached."""

    code, status, title = "too_many_requests", 429, "Too many requests; try again later"


class OverLimit(TooMany):
    """A training run reads faster, or more, than the policy allows; ``cause`` is ``rate`` or ``volume``."""

    code, title = "over_limit", "This run reads more than the policy allows"


# --- what was asked ----------------------------------------------------------


class BadRequest(VaultError):
    """The request does not have the documented shape."""

    code, status, title = "bad_request", 422, "The request is not of the documented form"


class TooLarge(VaultError):
    """The request, or the upload, is over its size bound."""

    code, status, title = "too_large", 413, "Too large"


class Conflict(VaultError):
    """The thing is not in a state that allows this, or it exists already."""

    code, status, title = "conflict", 409, "This is not possible in the present state"


class TermsOutdated(Conflict):
    """Consent was given to a text that is not the present one."""

    code, title = "terms_outdated", "The contribution terms are not the present ones; read them again"


class LicenceOutdated(Conflict):
    """The licence that was agreed to is not the present one."""

    code, title = "licence_outdated", "This is not the present licence; read it again"


class LicenceNotAccepted(Conflict):
    """An export without the present licence accepted by whoever it is for."""

    code, title = "licence_not_accepted", "The present licence was not accepted yet"


class OutputNotCleared(Conflict):
    """An export of an output whose last check did not clear it."""

    code, title = "output_not_cleared", "This output is not cleared"


class OutputSuspended(Conflict):
    """An export of an output that is suspended or withdrawn, or whose model is suspended."""

    code, title = "output_suspended", "This output, or its model, is suspended"


class ModelBlocked(Conflict):
    """An export of an output whose model's version has not passed the release gate."""

    code, title = "model_blocked", "This version of the model has not passed the release gate"


class CheckOutdated(Conflict):
    """An export after a check that is older than the policy allows, or that the release gate kept back until now."""

    code, title = "check_outdated", "The last check of this output counts no longer; have it checked again"


class DigestMismatch(Conflict):
    """An export of other bytes than those that were checked."""

    code, title = "digest_mismatch", "These are not the bytes that were checked"


class OutputExported(Conflict):
    """A check of another sound under the name of an output that was exported."""

    code, title = "output_exported", "This output was exported; another sound needs another output id"


class OutputDecided(Conflict):
    """A check of another sound under the name of an output that was suspended or withdrawn once."""

    code, title = "output_decided", "Something was decided about this output; another sound needs another output id"


class TrainingNotAllowed(VaultError):
    """A contribution without the consent that inclusion needs."""

    code, status, title = "training_not_allowed", 422, "Inclusion needs the consent to training"


class LostRace(VaultError):
    """Somebody changed it in the meantime; read it again and retry."""

    code, status, title = "lost_race", 409, "It changed in the meantime; read it again"


class StaleEvidence(LostRace):
    """The vault's index moved on after this track was compared; compare again."""

    code, title = "stale_evidence", "The vault changed since this track was compared"


class Expired(VaultError):
    """A token, manifest, upload form or lease is past its time."""

    code, status, title = "expired", 410, "This has expired"


class Revoked(VaultError):
    """Consent for this use was taken back."""

    code, status, title = "revoked", 410, "Consent for this was taken back"


class PolicyRefused(VaultError):
    """The policy in force does not allow this."""

    code, status, title = "policy", 403, "The policy in force does not allow this"


class LicenceRefused(VaultError):
    """The licences of the named packs do not allow this use."""

    code, status, title = "licence", 403, "The licences of these packs do not allow this"


# --- audio that we can't take ------------------------------------------------


class AudioRefused(VaultError):
    """The uploaded bytes are not usable audio; final for this upload."""

    code, status, title = "audio_refused", 422, "This file can't be used"


class NotAudio(AudioRefused):
    """No decoder recognises the bytes."""

    code, title = "not_audio", "This is not an audio file that we can read"


class Truncated(AudioRefused):
    """The container announces more than the file holds, or decoding stopped early."""

    code, title = "truncated", "The file is cut off or damaged"


class TooLong(AudioRefused):
    """Longer than the stated limit."""

    code, title = "too_long", "The recording is too long"


class TooShort(AudioRefused):
    """Shorter than the detectors need."""

    code, title = "too_short", "The recording is too short"


class Silent(AudioRefused):
    """No audible signal."""

    code, title = "silent", "The recording is silent"


class Clipped(AudioRefused):
    """Most of the signal sits at full scale."""

    code, title = "clipped", "The recording is clipped throughout"


class SeveralSounds(AudioRefused):
    """More than one soundtrack: what is judged could differ from what is played."""

    code, title = "several_sounds", "The file holds several soundtracks"


class DecodeLimit(AudioRefused):
    """The decoder ran past its bound on time, memory or output."""

    code, title = "decode_limit", "Decoding this file takes more than we allow"


# --- what we could not do ----------------------------------------------------


class Unavailable(VaultError):
    """Something we depend on did not answer; trying again may help."""

    code, status, title = "unavailable", 503, "Not available right now; try again"


class SourceUnavailable(Unavailable):
    """A similarity source could not be asked: the check was not made."""

    code, title = "source_unavailable", "A required similarity source did not answer"


class Corrupt(VaultError):
    """Stored bytes do not match their hash or format; names the part."""

    code, status, title = "corrupt", 500, "Stored data is damaged"


def all_errors() -> tuple[type[VaultError], ...]:
    """Every class in this module, root first, in order of definition."""
    found: list[type[VaultError]] = [VaultError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return tuple(found)

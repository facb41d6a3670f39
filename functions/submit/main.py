"""submit: one upload and one person's consent become one track, and a signed receipt says so.

Track, rights, consent, upload and events are one transaction. The same
submission twice is the same track; the pipeline is woken each time, so that a
call cut off before that loses nothing.
"""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from vault_domain.contributions import Contribution, check_same, contribute
from vault_domain.errors import NotFound
from vault_domain.events import AuditEvent, Kind, make_event
from vault_domain.rights import CONSENT_RECEIPT, RightsRecord, consent_receipt
from vault_domain.submission import SubmitAsk
from vault_domain.tracks import Track
from vault_domain.uploads import Upload
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.permitting import belonging
from vault_edge.racing import settled
from vault_edge.receipts import signed_receipt
from vault_edge.texts import PRESENT, Terms, contribution_terms, title_of

app = App("submit")
Number = Annotated[str, StringConstraints(pattern="^[1-9][0-9]{0,3}$")]


class TermsText(BaseModel):
    """One text of the contribution terms."""

    number: int
    in_force: bool
    title: str
    sha256: str = Field(description="Over the bytes of `text` (UTF-8); consents name it")
    summary: list[str] = Field(description="In plain words; the text is what counts")
    changes: list[str] = Field(description="What differs from the text before")
    text: str


@app.get("/terms", role="public")
def terms() -> TermsText:
    """The contribution terms in force, and the hash to send with a submission or a consent."""
    return _told(contribution_terms())


@app.get("/terms/{number}", role="public")
def terms_of(number: Number) -> TermsText:
    """One text by its number, in force or not: consents name the text that they were given to."""
    if int(number) > PRESENT:
        raise NotFound("there is no text of this number")
    return _told(contribution_terms(int(number)))


def _told(text: Terms) -> TermsText:
    return TermsText(
        number=text.number, in_force=text.number == PRESENT, title=text.title, sha256=text.sha256,
        summary=list(text.summary), changes=list(text.changes), text=text.text,
    )  # fmt: skip


@app.post("/tracks/submit", role="contributor", status=202, also=(404, 410))
def submit(ask: SubmitAsk, caller: Caller, deps: Deps) -> Json:
    """Make a track of an upload, before or after its bytes arrive.

    1. The upload is the caller's. 2. Consent is to the present text. 3. Record everything at once. 4. Wake the
    pipeline, if it waits. 5. Answer with a signed receipt of the consent.
    """
    upload, track, rights = settled(lambda: _record(ask, caller, deps))
    if upload.token is not None:
        deps.tasks.succeed(upload.token, {"upload_id": upload.upload_id, "track_id": track.track_id})
    waiting = [party.name for party in rights.parties if not party.consented]
    return {
        "track_id": track.track_id,
        "submission_id": track.submission_id,
        "status": track.status.value,
        "review_reasons": [reason.model_dump() for reason in track.flags],
        "awaiting_consent_of": waiting,
        "consent": {"version": rights.consent_version, "revoked": rights.revoked, **rights.flags.model_dump()},
        "receipt": signed_receipt(CONSENT_RECEIPT, consent_receipt(rights, title_of(rights.terms_sha256)), deps),
    }


def _record(ask: SubmitAsk, caller: Caller, deps: Deps) -> tuple[Upload, Track, RightsRecord]:
    found = deps.records.get(Upload, ask.audio_upload_token)
    upload = belonging("track.submit", found, found.owner if found else None, caller, deps, thing="upload")
    if upload.track_id is not None:
        track, rights = deps.records.get(Track, upload.track_id), deps.records.get(RightsRecord, upload.track_id)
        if track is None or rights is None:
            raise NotFound("this upload's track is gone")
        check_same(track, ask)
        return upload, track, rights
    made = contribute(ask, upload, contribution_terms().sha256, deps.clock(), deps.new_id)
    deps.records.commit(made.changes(), _events(made, caller, deps))
    return made.upload, made.track, made.rights


def _events(made: Contribution, caller: Caller, deps: Deps) -> list[AuditEvent]:
    track, rights = made.track, made.rights
    submitted = make_event(
        deps.new_id("evt"), Kind.TRACK_SUBMITTED, track.track_id, caller.actor, track.submitted,
        upload_id=track.upload_id, rights_id=track.rights_id, flags=[reason.code for reason in track.flags],
    )  # fmt: skip
    consented = make_event(
        deps.new_id("evt"), Kind.CONSENT_GIVEN, track.track_id, caller.actor, rights.given,
        {"terms_sha256": rights.terms_sha256, "consent": str(rights.consent_version)},
        rights_id=rights.rights_id, license_type=rights.license_type, parties=len(rights.parties),
        **rights.flags.model_dump(),
    )  # fmt: skip
    return [submitted, consented]


handler, http = app.lambda_entry(), app.http_entry()

"""licence-export: the licence for generated outputs, who accepted it, whose an output is, and its way out."""

import json
from typing import Annotated

from export_holders import accept_licence, acceptance_of, claim_output, held, holder_of, offer_code
from export_making import export, file_key
from export_proving import Certificate, Verified, VerifyAsk, of_certificate, told, verified
from export_views import (
    Accepted,
    Code,
    ExportResult,
    LicenceText,
    Output,
    Outputs,
    PageAsk,
    UserAsk,
    accepted,
    licence_text,
    output,
)  # fmt: skip
from pydantic import StringConstraints
from vault_domain.dsse import parse
from vault_domain.errors import NotFound
from vault_domain.exporting import LINK_LIFE, ExportAsk, obstacles
from vault_domain.holding import ClaimAsk, CodeAsk, HeldOutput
from vault_domain.ids import CertificateId, OutputId
from vault_domain.output_licence import AcceptAsk
from vault_domain.permissions import roles
from vault_edge.app import Answer, App, Caller, Deps, Query
from vault_edge.racing import settled
from vault_edge.releasing import gate_now
from vault_edge.suspending import standing_now
from vault_edge.texts import LICENCE, output_licence

app = App("licence-export")
Number = Annotated[str, StringConstraints(pattern="^[1-9][0-9]{0,3}$")]
SCOPE = "safety"
BODY = 6 * 2**20
ENDINGS = {
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/mp4": "m4a", "audio/ogg": "ogg",
    "audio/aiff": "aiff", "audio/aac": "aac",
}  # fmt: skip


@app.get("/licence", role="public")
def licence() -> LicenceText:
    """The licence for generated outputs as it is accepted now, with a summary."""
    return licence_text(output_licence())


@app.get("/licence/{number}", role="public")
def licence_of(number: Number) -> LicenceText:
    """One version by its number: certificates name the version that they were given under."""
    if int(number) > LICENCE:
        raise NotFound("there is no version of this number")
    return licence_text(output_licence(int(number)))


@app.post("/licence/acceptance", role=roles("licence.accept"), scope=SCOPE)
def agree(ask: AcceptAsk, caller: Caller, deps: Deps) -> Accepted:
    """Accept the present licence, for yourself or, as a service, for a user of yours who did. Twice is once."""
    found = settled(lambda: accept_licence(ask, caller, deps))
    return accepted(found, found.holder)


@app.get("/licence/acceptance", role=roles("licence.accept"), scope=SCOPE)
def agreed(ask: Query[UserAsk], caller: Caller, deps: Deps) -> Accepted:
    """Whether you, or a user of your service, accepted the present licence, and when."""
    holder = holder_of(caller, ask.user_ref, deps)
    return accepted(acceptance_of(holder, deps), holder)


@app.post("/outputs/{output_id}/codes", role=roles("output.offer"), scope=SCOPE, status=201)
def make_code(output_id: OutputId, ask: CodeAsk, caller: Caller, deps: Deps) -> Code:
    """Make a code with which one account claims this output of yours. The code before stops counting."""
    found, code = settled(lambda: offer_code(output_id, ask, caller, deps))
    home = deps.optional("PUBLIC_URL")
    link = f"{home.rstrip('/')}/#/outputs/claim/{output_id}/{code}" if home else None
    return Code(output_id=output_id, code=code, expires=found.expires, link=link)


@app.post("/outputs/{output_id}/claim", role=roles("output.claim"), also=(410,))
def claim(output_id: OutputId, ask: ClaimAsk, caller: Caller, deps: Deps) -> Output:
    """Claim an output with the code that its service gave you. Twice is once."""
    settled(lambda: claim_output(output_id, ask.code, caller, deps))
    return _shown(output_id, caller, None, deps)


@app.get("/outputs", role=roles("output.claim"))
def mine(ask: Query[PageAsk], caller: Caller, deps: Deps) -> Outputs:
    """The outputs that you claimed, oldest first."""
    page = deps.records.list(HeldOutput, holder_of(caller, None, deps), limit=ask.limit, cursor=ask.cursor)
    return Outputs(outputs=[_shown(one.output_id, caller, None, deps) for one in page.items], cursor=page.cursor)


@app.get("/outputs/{output_id}", role=roles("output.read"), scope=SCOPE)
def show(output_id: OutputId, ask: Query[UserAsk], caller: Caller, deps: Deps) -> Output:
    """Where an output of yours stands, and what stands in the way of its export."""
    return _shown(output_id, caller, ask.user_ref, deps)


@app.post(
    "/outputs/{output_id}/export", role=roles("output.export"), scope=SCOPE, max_body=BODY, also=(410,)
)  # fmt: skip
def hand_out(output_id: OutputId, ask: ExportAsk, caller: Caller, deps: Deps) -> ExportResult:
    """Export an output of yours: the file with content credentials, and a certificate of its licence.

    Refused with `output_suspended`, `model_blocked`, `output_not_cleared`, `check_outdated`, `licence_not_accepted` or
    `digest_mismatch`.
    """
    made = export(output_id, ask, caller, deps)
    seconds = int(LINK_LIFE.total_seconds())
    return ExportResult(
        output_id=output_id, certificate_id=made.certificate_id, file=made.file,
        url=deps.bucket("outputs").presign_get(file_key(made), seconds=seconds),
        expires=deps.clock() + LINK_LIFE, filename=f"{output_id}.{ENDINGS.get(made.file.media_type, 'bin')}",
        certificate=json.loads(made.certificate), pdf=f"/certificates/{made.certificate_id}/pdf",
    )  # fmt: skip


@app.get("/certificates/{certificate_id}", role="public")
def show_certificate(certificate_id: CertificateId, deps: Deps) -> Certificate:
    """A certificate, and whether its licence is still in force."""
    return told(of_certificate(certificate_id, deps), deps)


@app.get("/certificates/{certificate_id}/pdf", role="public", media=("application/pdf",))
def printed(certificate_id: CertificateId, deps: Deps) -> Answer:
    """A certificate as a page to print. The signed JSON is the proof."""
    from vault_credentials.page import page

    envelope = parse(of_certificate(certificate_id, deps).certificate)
    data = page(json.loads(envelope.payload), envelope.key_id, deps.optional("PUBLIC_URL"))
    return Answer(data, content_type="application/pdf")


@app.post("/certificates/verification", role="public")
def verify(ask: VerifyAsk, deps: Deps) -> Verified:
    """Check a certificate, or find the one of a file by its SHA-256, and say whether the licence is in force."""
    return verified(ask, deps)


def _shown(output_id: str, caller: Caller, user_ref: str | None, deps: Deps) -> Output:
    found = held("output.read", output_id, caller, user_ref, deps)
    against = standing_now(found.check, deps), gate_now(found.check, deps)
    stands = obstacles(found.check, *against, found.acceptance, deps.policy(), deps.clock())
    return output(found.check, accepted(found.acceptance, found.holder), found.regenerate_url, stands)


handler, http = app.lambda_entry(), app.http_entry()

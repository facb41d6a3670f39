"""licence-export: the licence for generated outputs, who accepted it, whose an output is, and its way out."""

from typing import Annotated

from export_holders import accept_licence, acceptance_of, claim_output, held, holder_of, offer_code
from export_views import (
    Accepted,
    Code,
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
from vault_domain.errors import NotFound
from vault_domain.exporting import obstacles
from vault_domain.holding import ClaimAsk, HeldOutput
from vault_domain.ids import OutputId
from vault_domain.output_licence import AcceptAsk
from vault_domain.permissions import roles
from vault_edge.app import App, Caller, Deps, Query
from vault_edge.racing import settled
from vault_edge.texts import LICENCE, output_licence

app = App("licence-export")
Number = Annotated[str, StringConstraints(pattern="^[1-9][0-9]{0,3}$")]
SCOPE = "safety"


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
def make_code(output_id: OutputId, caller: Caller, deps: Deps) -> Code:
    """Make a code with which one account claims this output of yours. The code before stops counting."""
    found, code = settled(lambda: offer_code(output_id, caller, deps))
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


def _shown(output_id: str, caller: Caller, user_ref: str | None, deps: Deps) -> Output:
    found = held(output_id, caller, user_ref, deps)
    stands = obstacles(found.check, found.acceptance, deps.policy(), deps.clock())
    return output(found.check, found.acceptance, found.holder, stands)


handler, http = app.lambda_entry(), app.http_entry()

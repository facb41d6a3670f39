"""safety-check: may this output leave? Asked and answered in one call, and always on record."""

from concurrent.futures import ThreadPoolExecutor

from checking import Job, checked, earlier
from vault_domain.errors import VaultError
from vault_domain.ids import OutputId
from vault_domain.ports import Signer
from vault_domain.safety import CheckAsk, OutputCheck, is_stricter
from vault_domain.safety_receipt import SAFETY_RECEIPT, safety_receipt
from vault_domain.safety_words import answer
from vault_domain.uploads import Upload
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.output_audio import Sent, discarded, heard_or_refused, received
from vault_edge.output_checks import basis_of, earlier_checks, under_stricter
from vault_edge.permitting import belonging
from vault_edge.prompt_tokens import honoured
from vault_edge.receipts import receipt_signer, signed_receipt
from vault_edge.releasing import gate_now
from vault_edge.repeats import note_block
from vault_edge.suspending import standing_now

app = App("safety-check")
BODY = 6 * 2**20


@app.post("/safety/checks", role="system", scope="safety", max_body=BODY, also=(404, 410))
def check(ask: CheckAsk, caller: Caller, deps: Deps) -> Json:
    """Check one output against the vault, every registered catalogue and, where configured, AcoustID.

    0. The token of the prompt's check, where one is sent, asks for stricter thresholds; an output that was judged by
    them once always is. 1. An output id belongs to one service; an upload that was checked gives its check again.
    2. Receive and decode; meanwhile read what to check against. 3. The same sound under the same versions has the same
    answer; otherwise compare, decide, keep the fingerprints. What is suspended is blocked whatever was found; what was
    exported, suspended or withdrawn is not checked with another sound (`output_exported`, `output_decided`); what a
    version made that has not passed the release gate is compared and not cleared (`model_blocked`). Record the check
    and its event. 4. Delete the audio.
    """
    prompt_check = honoured(ask.prompt_token, ask.prompt_sha256, caller.id, deps) if ask.prompt_token else None  # 0
    made = earlier(ask.output_id, caller, deps)  # 1
    stricter = prompt_check is not None or any(is_stricter(one) for one in made)
    known = next((one for one in reversed(made) if one.upload_id and one.upload_id == ask.audio_upload_token), None)
    if known is not None and _stands(known, stricter, deps):
        discarded(Sent(upload=deps.records.get(Upload, known.upload_id or "")), deps)
        return _answered(known, deps)
    sent = received(ask, caller, deps)  # 2
    with ThreadPoolExecutor(2) as pool:
        gathering, signing = pool.submit(basis_of, deps), pool.submit(receipt_signer, deps)
        sound = heard_or_refused(sent, caller, deps)
    try:
        basis = under_stricter(gathering.result()) if stricter else gathering.result()
        signer = signing.result()
        one, is_new = checked(Job(ask, caller, sent, sound, basis, prompt_check), deps)  # 3
    except VaultError:
        if sound.stored and sent.upload is None:  # an upload can be asked about again, inline audio is sent anew
            discarded(sent, deps)
        raise
    if is_new and one.outcome == "block":
        note_block(caller.id, ask, basis.policy, deps)
    if sound.stored:
        discarded(sent, deps)  # 4
    return _answered(one, deps, signer)


@app.get("/safety/checks/{output_id}", role=("system", "reviewer"), scope="safety")
def show(output_id: OutputId, caller: Caller, deps: Deps) -> Json:
    """The last check of an output, and what keeps it back now, whatever the check said; a service sees its own."""
    made = earlier_checks(output_id, deps)
    belonging("safety.read", made or None, made[0].service if made else None, caller, deps, thing="checked output")
    stands, gate = standing_now(made[-1], deps), gate_now(made[-1], deps)
    return {
        **_answered(made[-1], deps),
        "checks": len(made),
        "suspended": [reason.model_dump() for reason in stands.reasons],
        "model_blocked": [reason.model_dump() for reason in gate.reasons],
    }


def _answered(check: OutputCheck, deps: Deps, signer: Signer | None = None) -> Json:
    """The check in words and figures, and as a signed receipt."""
    return {**answer(check), "receipt": signed_receipt(SAFETY_RECEIPT, safety_receipt(check), deps, signer)}


def _stands(known: OutputCheck, stricter: bool, deps: Deps) -> bool:
    """Whether an upload's check is its answer still: it blocked, or nothing asks for more than it was."""
    if known.outcome == "block":
        return True
    free = standing_now(known, deps).code is None and (known.found is not None or gate_now(known, deps).why is None)
    return free and is_stricter(known) >= stricter


handler, http = app.lambda_entry(), app.http_entry()

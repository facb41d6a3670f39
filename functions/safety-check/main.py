"""safety-check: may this output leave? Asked and answered in one call, and always on record."""

from concurrent.futures import ThreadPoolExecutor

from vault_audio.features import extract, pack
from vault_domain.decision import decide_output
from vault_domain.errors import Conflict
from vault_domain.events import Kind, make_event
from vault_domain.ids import OutputId
from vault_domain.ports import Put
from vault_domain.safety import (
    CheckAsk,
    Heard,
    OutputCheck,
    answer,
    event_facts,
    is_stricter,
    make_check,
    on_record,
    same_check,
)
from vault_domain.safety_receipt import SAFETY_RECEIPT, safety_receipt
from vault_domain.uploads import Upload, expire, pin
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.matching import Query
from vault_edge.output_audio import Sent, Sound, discarded, heard_or_refused, received
from vault_edge.output_checks import Basis, basis_of, earlier_checks, reports_of, under_stricter
from vault_edge.permitting import belonging
from vault_edge.prompt_tokens import honoured
from vault_edge.racing import settled
from vault_edge.receipts import signed_receipt
from vault_edge.repeats import note_block
from vault_edge.suspending import standing_now, standing_of

app = App("safety-check")
BODY = 6 * 2**20


@app.post("/safety/checks", role="system", scope="safety", max_body=BODY, also=(404, 410))
def check(ask: CheckAsk, caller: Caller, deps: Deps) -> Json:
    """Check one output against the vault, every registered catalogue and, where configured, AcoustID.

    0. The token of the prompt's check, where one is sent, asks for stricter thresholds; an output that was judged by
    them once always is. 1. An output id belongs to one service; an upload that was checked gives its check again.
    2. Receive and decode; meanwhile read what to check against. 3. The same audio under the same versions is the same
    check. 4. Compare. 5. Decide; what is suspended is blocked whatever was found. 6. Keep the fingerprints, record the
    check and its event. 7. Delete the audio.
    """
    prompt_check = honoured(ask.prompt_token, ask.prompt_sha256, caller.id, deps) if ask.prompt_token else None  # 0
    made = _earlier(ask.output_id, caller, deps)  # 1
    stricter = prompt_check is not None or any(is_stricter(one) for one in made)
    known = next((one for one in reversed(made) if one.upload_id and one.upload_id == ask.audio_upload_token), None)
    if known is not None and _stands(known, stricter, deps):
        discarded(Sent(upload=deps.records.get(Upload, known.upload_id or "")), ask.output_id, deps)
        return _answered(known, deps)
    sent = received(ask, caller, deps)  # 2
    with ThreadPoolExecutor(1) as pool:
        gathering = pool.submit(basis_of, deps)
        sound = heard_or_refused(sent, ask.output_id, caller, deps)
        basis = under_stricter(gathering.result()) if stricter else gathering.result()
    stands = standing_of(ask.model_id, ask.output_id, sound.audio_sha256, deps)
    if not (made and same_check(made[-1], sound.audio_sha256, stands.versions(basis.versions))):  # 3
        made = (_compared(ask, sent, sound, basis, prompt_check, caller, deps),)
        if made[-1].outcome == "block":
            note_block(caller.id, basis.policy, deps)
    if sound.stored:
        discarded(sent, ask.output_id, deps)  # 7
    return _answered(made[-1], deps)


@app.get("/safety/checks/{output_id}", role=("system", "reviewer"), scope="safety")
def show(output_id: OutputId, caller: Caller, deps: Deps) -> Json:
    """The last check of an output; a service sees its own."""
    made = earlier_checks(output_id, deps)
    belonging("safety.read", made or None, made[0].service if made else None, caller, deps, thing="checked output")
    stands = standing_now(made[-1], deps).reasons
    return {**_answered(made[-1], deps), "checks": len(made), "suspended": [reason.model_dump() for reason in stands]}


def _answered(check: OutputCheck, deps: Deps) -> Json:
    """The check in words and figures, and as a signed receipt."""
    return {**answer(check), "receipt": signed_receipt(SAFETY_RECEIPT, safety_receipt(check), deps)}


def _stands(known: OutputCheck, stricter: bool, deps: Deps) -> bool:
    """Whether an upload's check is its answer still: it blocked, or nothing asks for more than it was."""
    return known.outcome == "block" or (is_stricter(known) >= stricter and standing_now(known, deps).code is None)


def _earlier(output_id: str, caller: Caller, deps: Deps) -> tuple[OutputCheck, ...]:
    made = earlier_checks(output_id, deps)
    if made and made[0].service != caller.id:
        raise Conflict("this output id is taken; choose another")
    return made


def _compared(
    ask: CheckAsk, sent: Sent, sound: Sound, basis: Basis, prompt_check: str | None, caller: Caller, deps: Deps
) -> OutputCheck:
    """Steps 4 to 6."""
    embedder = deps.embedder
    features = extract(sound.samples, embedder.embed if embedder else None)
    query = Query(ask.output_id, features, sound.audio_sha256, sound.chromaprint)
    reports = reports_of(query, basis, deps)
    found = decide_output(reports, basis.policy, basis.configured)
    key = f"features/{ask.output_id}/{sound.audio_sha256}.bin"
    deps.bucket("outputs").write(key, pack(features, dense=True), content_type="application/octet-stream")
    heard = Heard(
        sound.content_sha256, sound.audio_sha256, sound.duration_s, sound.chromaprint, f"outputs/{key}", sent.upload_id
    )

    def record() -> OutputCheck:
        made, now = _earlier(ask.output_id, caller, deps), deps.clock()
        stands = standing_of(ask.model_id, ask.output_id, heard.audio_sha256, deps)
        versions, clearance = stands.versions(basis.versions), stands.over(found)
        if made and same_check(made[-1], heard.audio_sha256, versions):
            return made[-1]
        one = make_check(ask, len(made) + 1, caller.id, heard, reports, clearance, versions, now)
        one = one.with_changes(prompt_check=prompt_check)
        event_id = deps.new_id("evt")
        event = make_event(event_id, Kind.OUTPUT_CHECK, ask.output_id, caller.actor, now, versions, **event_facts(one))
        used = [Put(expire(pin(sent.upload, sent.version_id, now), now), sent.upload.version)] if sent.upload else []
        deps.records.commit([Put(on_record(one, event), 0), *used, *stands.watched], [event])
        return on_record(one, event)

    return settled(record)


handler, http = app.lambda_entry(), app.http_entry()

"""prompt-check: does this prompt point at a song or an artist? Asked before anything is generated.

Prompts are personal data: none is stored or logged. The event has a salted hash, the outcome and the reasons' codes.
"""

from vault_domain.canonical import sha256_hex
from vault_domain.events import Kind, make_event
from vault_domain.permissions import roles
from vault_domain.prompts import MESSAGES, PromptAsk, decide_prompt, event_facts
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.prompt_tokens import prompt_token

app = App("prompt-check")
BODY = 32 * 1024


@app.post("/prompts/checks", role=roles("prompt.check"), scope="safety", max_body=BODY)
def check(ask: PromptAsk, caller: Caller, deps: Deps) -> Json:
    """Allow, warn, stricter or reject, with reasons; ``stricter`` comes with a token for POST /safety/checks.

    1. Read the policy in force, and what the prompt points at. 2. Decide. 3. Sign a token where one is due. 4. Record
    the event. 5. Answer. Nothing is answered that is not on record.
    """
    now = deps.clock()
    number, policy = deps.policy_in_force()
    signs, read = deps.prompts.read(ask.prompt)  # 1
    versions = {"policy": str(number), **read}
    verdict = decide_prompt(signs, policy)  # 2
    event_id, digest = deps.new_id("evt"), sha256_hex(ask.prompt.encode("utf-8"))
    stricter = verdict.outcome == "stricter"
    token = prompt_token(caller.id, digest, event_id, policy, deps) if stricter else None  # 3
    hidden = deps.salted(f"prompt {ask.prompt}")
    facts = event_facts(hidden, verdict, signs.artists)
    event = make_event(event_id, Kind.PROMPT_CHECK, f"prompt:{hidden[:32]}", caller.actor, now, versions, **facts)
    deps.records.commit([], [event])  # 4
    return {
        "check": event_id,
        "outcome": verdict.outcome,
        "message": MESSAGES[verdict.outcome],
        "reasons": [reason.model_dump(mode="json") for reason in verdict.reasons],
        "chances": {"song": round(signs.song, 3), "artist": round(signs.artist, 3), "clone": round(signs.clone, 3)},
        "prompt_sha256": digest,
        "prompt_token": token,
        "versions": versions,
        "checked_at": now.isoformat(),
    }


handler, http = app.lambda_entry(), app.http_entry()

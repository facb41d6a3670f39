/** An appeal, and the answer to it. */
import { post } from "../api.js";
import { at } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Button, Notice, ProblemNotice } from "../ui/parts.js";
import { Reasons } from "../ui/reasons.js";

export function AppealCase({ appeal, path, reload }) {
  const [outcome, choose] = useState("");
  const [answer, set] = useState("");
  const action = useAction();
  const mine = appeal.rejected_by?.includes(session()?.account.account_id);
  const send = async (event) => {
    event.preventDefault();
    const sent = await action.run(() => post(`/tracks/${path}/appeal/decision`, { outcome, answer: answer.trim(), findings_sha256: appeal.findings_sha256 }));
    if (sent) announce("The appeal was decided.");
    reload();
  };
  return html`
    <section class="card stack" aria-labelledby="appeal">
      <h2 id="appeal">The appeal</h2>
      <p class="quiet small">Filed on ${at(appeal.filed)}</p>
      ${appeal.reason ? html`<blockquote class="said-box break">${appeal.reason}</blockquote>`
        : appeal.answered ? html`<p class="quiet">The owner's words went with their account.</p>`
        : html`<${Notice} tone="off" title="No answer yet.">The rules opened this dispute; the owner may still answer.<//>`}
      <h3>What stood against it then</h3><${Reasons} reasons=${appeal.rejected_for} />
      <h3>What is known now</h3>
      ${appeal.findings?.length ? html`<${Reasons} reasons=${appeal.findings} />` : html`<p class="quiet">Nothing any more.</p>`}
      ${appeal.outcome && html`<${Notice} tone=${appeal.outcome === "upheld" ? "good" : "bad"} title=${appeal.outcome === "upheld" ? "Upheld." : "Declined."}>${appeal.answer}<//>`}
      ${mine && !appeal.outcome && html`<${Notice} tone="wait" title="Somebody else decides.">You voted to reject this track.<//>`}
      ${!mine && !appeal.outcome && (appeal.answered || appeal.reason) && html`
        <form class="stack" onSubmit=${send}>
          <${ProblemNotice} problem=${action.problem} />
          <${Choice} legend="Your decision" name="outcome" value=${outcome} onChange=${choose} options=${[
            ["upheld", "Uphold it", "The track goes on to be admitted, in the face of what is known now."],
            ["dismissed", "Decline it", "Final. The owner reads your answer."]]} />
          <${Field} as="textarea" label="Your answer to the owner" hint="At least 10 characters." required minlength="10" maxlength="4000" value=${answer} onInput=${set} />
          <p><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!outcome}>Decide<//></p>
        </form>`}
    </section>`;
}

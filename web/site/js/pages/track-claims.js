/** Claims about a track, for its owner: what is said, by when, and the answer. Never by whom. */
import { post } from "../api.js";
import { at } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, ProblemNotice } from "../ui/parts.js";
import { claimTold } from "../words-claims.js";

export const TrackClaims = ({ claims, path, reload }) =>
  claims.map((claim, n) => html`<${About} key=${claim.claim_id} claim=${claim} which=${claims.length > 1 ? `, ${n + 1} of ${claims.length}` : ""} path=${path} reload=${reload} />`);

function About({ claim, which, path, reload }) {
  const said = claimTold(claim.state);
  const [answer, set] = useState(claim.answer ?? "");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/tracks/${path}/claims/${claim.claim_id}/answer`, { answer: answer.trim() }))) announce("Your answer was sent.");
    reload();
  };
  const id = `claim-${claim.claim_id}`;
  return html`
    <section class="card stack" aria-labelledby=${id}>
      <div class="row apart"><h2 id=${id}>A claim about this track${which}</h2><${Badge} tone=${said.tone}>${said.label}<//></div>
      <p>${said.owner}</p>
      <p class="quiet">Somebody ${claim.capacity === "rights_holder" ? "who says that they hold the rights" : "who speaks for the rights holder"}${claim.work ? html` names <b>“${claim.work.title}” by ${claim.work.artist}</b> (${claim.work.where})` : ""}:</p>
      <blockquote class="said-box break">${claim.basis || "The words were erased, some time after the end."}</blockquote>
      ${claim.reason && html`<p class="break"><b>Reason given:</b> ${claim.reason}</p>`}
      ${claim.ended ? html`<p class="quiet small">Ended ${at(claim.ended)}</p>` : html`
        <form class="stack" onSubmit=${send}>
          <p class="quiet small">Next step by ${at(claim.due)}</p>
          <${ProblemNotice} problem=${action.problem} />
          <${Field} as="textarea" label=${claim.answered ? "Your answer, which you may still improve" : "Your answer"} hint="Those who decide read it. At least 10 characters." required minlength="10" maxlength="4000" value=${answer} onInput=${set} />
          <p><${Button} type="submit" kind="main" busy=${action.busy}>${claim.answered ? "Send it anew" : "Send the answer"}<//></p>
        </form>`}
    </section>`;
}

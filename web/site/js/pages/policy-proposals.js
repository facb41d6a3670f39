/** Changes that wait for a second admin. */
import { call } from "../api.js";
import { at, shortId } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { is, session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Button, Notice, ProblemNotice } from "../ui/parts.js";
import { labelOf, shown } from "./policy-fields.js";

export function Proposals({ proposals, reload }) {
  const open = proposals.filter((one) => one.outcome === "open");
  return open.map((one) => html`<${Proposal} key=${one.proposal_id} one=${one} reload=${reload} />`);
}

function Proposal({ one, reload }) {
  const [reason, set] = useState("");
  const action = useAction();
  const mine = one.author === session()?.account.account_id;
  const step = (what, body, said) => async () => {
    if (await action.run(() => call("POST", `/policy/proposals/${one.proposal_id}/${what}`, { body }))) announce(said);
    reload();
  };
  return html`
    <section class="card stack" aria-label="A proposal">
      <div class="row apart"><h2>Proposed, and not in force</h2><span class="quiet small">${at(one.at)} by ${mine ? "you" : shortId(one.author)}</span></div>
      <p class="break">${one.reason}</p>
      <ul>${one.changes.map((change) => html`<li key=${change.field}>${labelOf(change.field)}: ${shown(change.before)} → <b>${shown(change.after)}</b></li>`)}</ul>
      ${one.overtaken && html`<${Notice} tone="wait" title="Overtaken.">The policy changed since; decline it and propose again.<//>`}
      <${ProblemNotice} problem=${action.problem} />
      ${is("admin") && html`
        ${!mine && !one.overtaken && html`<p><${Button} kind="main" busy=${action.busy} onClick=${step("confirm", {}, "The new version is in force.")}>Confirm it<//></p>`}
        <details><summary>Decline it</summary>
          <${Field} label="Why" required value=${reason} onInput=${set} />
          <p class="form-end"><${Button} kind="small danger" busy=${action.busy} disabled=${reason.trim().length < 3} onClick=${step("decline", { reason: reason.trim() }, "Declined.")}>Decline<//></p></details>`}
    </section>`;
}

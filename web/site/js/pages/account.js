/** One's own account: who one is here, and to whom payments would go, should there ever be any. */
import { get, post } from "../api.js";
import { onDay } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { Leave } from "./account-leave.js";

export function AccountPage() {
  const state = useData(() => get("/accounts/me"), []);
  return html`
    <${Loaded} state=${state} lines=${5} title="Your account">${(mine) => html`
      <div class="stack loose">
        <div class="row"><h1 class="break">${mine.display_name}</h1><${Badge} tone="note">${mine.role}<//></div>
        <section class="card stack" aria-labelledby="about"><h2 id="about">Your account</h2>
          <dl class="facts">${mine.email && html`<dt>E-mail</dt><dd>${mine.email}</dd>`}<dt>Since</dt><dd>${onDay(mine.created)}</dd><dt>Account id</dt><dd><code>${mine.account_id}</code></dd></dl>
          <p class="row"><a href="#/messages">Messages, and what comes by mail</a><a href="#/releases">My releases</a></p></section>
        <${Payee} mine=${mine} reload=${state.reload} />
        <${Leave} mine=${mine} />
      </div>`}<//>`;
}

function Payee({ mine, reload }) {
  const [name, set] = useState(mine.payout_name ?? "");
  const action = useAction();
  const save = async (event) => {
    event.preventDefault();
    if (!await action.run(() => post("/accounts/me/payout", { payout_name: name.trim() || null }))) return;
    announce("Saved.");
    reload();
  };
  return html`
    <form class="card stack" onSubmit=${save}><h2>Payee</h2>
      <p>To whom payments would go, should there ever be any. Nothing is promised by it. Accounts with the same payee are shown together to admins, so that no single source becomes the vault.</p>
      <${ProblemNotice} problem=${action.problem} />
      <${Field} label="Name of the payee" optional maxlength="80" value=${name} onInput=${set} />
      ${(mine.payout_name ?? "") === name.trim() && name && html`<${Notice} tone="good">This is on record.<//>`}
      <p><${Button} type="submit" kind="main" busy=${action.busy}>Save<//></p></form>`;
}

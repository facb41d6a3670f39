/** Leaving for good: what goes, what stays, what becomes of the tracks; a password, and no way back. */
import { signOut } from "../account.js";
import { post } from "../api.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Dialog } from "../ui/dialog.js";
import { Choice, Field } from "../ui/fields.js";
import { Button, ProblemNotice } from "../ui/parts.js";

const WISHES = [["revoke", "Take all of them back"], ["keep", "Let them go on under my consent, without my name"]];

export function Leave({ mine }) {
  const [asking, ask] = useState(false);
  return html`
    <section class="card stack danger-zone" aria-labelledby="leave"><h2 id="leave">Erase your account</h2>
      ${mine.role === "contributor"
        ? html`<p>Your names, your address and your words go, at once or within the hour.</p>
          <p><${Button} kind="danger" onClick=${() => ask(true)}>Erase my account<//></p>`
        : html`<p>You hold a role. Another admin takes it back first, so that what you look after passes to somebody.</p>`}
      ${asking && html`<${Confirm} mine=${mine} onClose=${() => ask(false)} />`}
    </section>`;
}

function Confirm({ mine, onClose }) {
  const [tracks, choose] = useState("");
  const [password, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const ask = { tracks, ...(password && { password }) };
    if (!await action.run(() => post("/accounts/me/erasure", ask))) return;
    announce("Your account is erased.");
    signOut();
  };
  return html`
    <${Dialog} title="Erase your account?" onClose=${onClose}>
      <form class="stack" onSubmit=${send}>
        <div class="stack tight"><h3>What goes</h3>
          <ul class="does"><li>E-mail address, names, password, messages, and what you wrote.</li><li>Titles and artists of your tracks.</li></ul></div>
        <div class="stack tight"><h3>What stays</h3>
          <ul class="never"><li>Your account's number in the public log, which then leads to nobody.</li><li>What models learned before.</li><li>It is final. Tracks that go on can't be taken back later.</li></ul></div>
        <${Choice} legend="Your tracks" name="leave-tracks" value=${tracks} onChange=${choose} options=${WISHES} />
        ${mine.email && html`<${Field} label="Your password" type="password" autocomplete="current-password" required value=${password} onInput=${set} />`}
        <${ProblemNotice} problem=${action.problem} />
        <div class="row"><${Button} onClick=${onClose}>Stay<//><${Button} type="submit" kind="danger main" disabled=${!tracks} busy=${action.busy}>Erase it<//></div>
      </form>
    <//>`;
}

/** Proofs of control that wait: a reviewer looks at the page that a contributor named, and records what stands there. */
import { all, post } from "../api.js";
import { ago, onDay, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { is } from "../session.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Button, Empty, Loaded, ProblemNotice } from "../ui/parts.js";

export function Proofs() {
  const state = useData(() => all("/control/open", "proofs"), [], () => 30_000);
  return html`
    <div class="stack">
      <div class="stack tight"><h1>Proofs</h1><p class="lead">Contributors say that a release is theirs. Open the page that they name, look for the code, and write down what you saw. It says who controls the page, no more.</p></div>
      <${Loaded} state=${state} lines=${5}>${(proofs) => proofs.length
        ? proofs.map((one) => html`<${Waiting} key=${one.control_id} one=${one} reload=${state.reload} />`)
        : html`<${Empty} title="No proof waits">Once somebody asks for a code, it appears here.<//>`}<//>
      ${is("admin") && html`<${Counting} />`}
    </div>`;
}

/** For admins: what counts at present, and letting it count no more. */
function Counting() {
  const state = useData(() => all("/control/verified", "proofs"), [], () => 30_000);
  return html`
    <section class="card stack" aria-labelledby="counting"><h2 id="counting">Proofs that count</h2>
      <${Loaded} state=${state} lines=${2}>${(proofs) => proofs.length
        ? html`<ul class="plain-list stack">${proofs.map((one) => html`<li key=${one.control_id} class="said-box stack tight">
            <p class="break"><b>${one.artist}</b>, ${one.release}</p>
            <p class="quiet small break">${shortId(one.account_id)}, recorded on ${onDay(one.recorded)}: ${one.where}</p>
            <details><summary class="small">Withdraw it</summary><${Withdraw} one=${one} reload=${state.reload} /></details></li>`)}</ul>`
        : html`<p class="quiet">None yet.</p>`}<//>
    </section>`;
}

function Withdraw({ one, reload }) {
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/control/${one.account_id}/${one.control_id}/withdraw`, { reason: reason.trim() }))) announce("Withdrawn.");
    reload();
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Field} label="Why" hint="The contributor reads it. At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" kind="small danger" busy=${action.busy} disabled=${reason.trim().length < 10}>Withdraw it<//></p></form>`;
}

function Waiting({ one, reload }) {
  return html`
    <section class="card stack" aria-labelledby=${one.control_id}>
      <h2 id=${one.control_id} class="break">${one.artist}</h2>
      <dl class="facts"><dt>Release</dt><dd>${one.release}</dd><dt>Code to look for</dt><dd><code class="code">${one.code}</code></dd>
        <dt>Asked by</dt><dd>${shortId(one.account_id)}, ${ago(one.opened)}</dd><dt>Good until</dt><dd>${onDay(one.expires)}</dd>
        ${one.refs.length > 0 && html`<dt>Entries found</dt><dd>${one.refs.join(", ")}</dd>`}</dl>
      <details><summary>Record what you saw</summary><${Record} one=${one} reload=${reload} /></details>
    </section>`;
}

function Record({ one, reload }) {
  const [found, choose] = useState("");
  const [where, setWhere] = useState("");
  const [note, setNote] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const ask = { found: found === "yes", where: where.trim(), note: note.trim() };
    if (await action.run(() => post(`/control/${one.control_id}/record`, ask))) announce("Recorded.");
    reload();
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Choice} legend="Does the code stand there?" name=${`found-${one.control_id}`} value=${found} onChange=${choose} options=${[
        ["yes", "Yes", "Matches with this artist and these entries are labelled as the contributor's own from now on."], ["no", "No", "The contributor can ask for a new code."]]} />
      <${Field} label="Where you looked" hint="The page's address, and what there names the artist." required minlength="5" maxlength="500" value=${where} onInput=${setWhere} />
      <${Field} label="Note" hint="The contributor reads it." optional maxlength="1000" value=${note} onInput=${setNote} />
      <p><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!found}>Record it<//></p></form>`;
}

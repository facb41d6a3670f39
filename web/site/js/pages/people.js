/** Roles: who may review and who may change the rules, and why. */
import { all, get, post } from "../api.js";
import { at, onDay, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, Loaded, ProblemNotice } from "../ui/parts.js";

const ROLES = [["reviewer", "Reviewers"], ["admin", "Admins"], ["contributor", "Contributors"]];

export function PeoplePage() {
  const [role, choose] = useState("reviewer");
  const [found, setFound] = useState(null);
  const [email, setEmail] = useState("");
  const state = useData(() => all("/accounts/people", "people", { role }, 5), [role]);
  const action = useAction();
  const find = async (event) => {
    event.preventDefault();
    setFound(null);
    await action.run(async () => setFound(await post("/accounts/find", { email: email.trim() })));
  };
  const changed = () => {
    setFound(null);
    state.reload();
  };
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>People</h1><p class="lead">A role changes with a reason that stays on record. There is always an admin left.</p></div>
      <section class="card stack" aria-labelledby="find"><h2 id="find">Find somebody</h2>
        <form onSubmit=${find}><div class="row bottom"><div class="grow"><${Field} label="E-mail" type="email" required value=${email} onInput=${setEmail} /></div><${Button} type="submit" busy=${action.busy}>Find<//></div></form>
        <${ProblemNotice} problem=${action.problem} />
        ${found && html`<${Person} person=${found} onChange=${changed} />`}</section>
      <section class="stack" aria-labelledby="lists"><h2 id="lists" class="hidden">By role</h2>
        <div class="pills" role="group" aria-label="Role">${ROLES.map(([key, name]) => html`<button key=${key} type="button" class="pill" aria-pressed=${role === key} onClick=${() => choose(key)}>${name}</button>`)}</div>
        <${Loaded} state=${state} lines=${5}>${(people) => people.length
          ? html`<ul class="plain-list card list-card">${people.map((person) => html`<li key=${person.account_id} class="message"><${Person} person=${person} onChange=${changed} /></li>`)}</ul>`
          : html`<p class="card quiet">Nobody has this role.</p>`}<//></section>
    </div>`;
}

function Person({ person, onChange }) {
  const me = session()?.account.account_id === person.account_id;
  return html`
    <div class="row apart top"><div><b class="break">${person.display_name}</b> ${me && html`<span class="quiet small">(you)</span>`}
        <div class="quiet small break">${person.email ?? "signs in elsewhere"} · since ${onDay(person.created)} · ${shortId(person.account_id)}</div></div>
      <${Badge} tone=${person.role === "contributor" ? "off" : "note"}>${person.role}<//></div>
    ${!me && html`<details><summary class="small">Change the role</summary><${ChangeRole} person=${person} onChange=${onChange} /></details>`}`;
}

function ChangeRole({ person, onChange }) {
  const [role, choose] = useState(person.role);
  const [reason, set] = useState("");
  const history = useData(() => get(`/accounts/${person.account_id}/roles`), [person.account_id]);
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/accounts/${person.account_id}/role`, { role, reason: reason.trim() }))) {
      announce(`${person.display_name} is ${role} now.`);
      onChange();
    }
  };
  return html`
    <form class="stack" onSubmit=${send}>
      <${ProblemNotice} problem=${action.problem} />
      <div class="grid">
        <${Field} as="select" label="Role" value=${role} onInput=${choose}>${ROLES.map(([key]) => html`<option key=${key} value=${key}>${key}</option>`)}<//>
        <${Field} label="Why" required minlength="3" maxlength="1000" value=${reason} onInput=${set} /></div>
      <p><${Button} type="submit" busy=${action.busy} disabled=${role === person.role}>Change it<//></p>
      <${Loaded} state=${history} lines=${2}>${(found) => found.changes.length > 0 && html`<ol class="timeline">${found.changes.map((one, n) => html`<li key=${n}>${one.before} → <b>${one.after}</b> <span class="quiet small">${at(one.at)} by ${shortId(one.by)}</span><div class="small break">${one.reason}</div></li>`)}</ol>`}<//>
    </form>`;
}

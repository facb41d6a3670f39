/** What rights holders allow, how that was over time, changing it, and the receipts. */
import { get, post } from "../api.js";
import { at } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Icon } from "../ui/art.js";
import { Field } from "../ui/fields.js";
import { Button, Loaded, Notice, ProblemNotice, download } from "../ui/parts.js";
import { FLAGS, flagTitle } from "../words.js";
import { Permission } from "./submit-consent.js";

export function Allowed({ track, path, mine, owner = mine, reload }) {
  const state = useData(() => get(`/tracks/${path}/consents`), [path, track.rights.consent_version, track.status]);
  const [editing, edit] = useState(false);
  const changed = () => {
    edit(false);
    state.reload();
    reload?.();
  };
  return html`
    <section class="card stack" aria-labelledby="allowed">
      <h2 id="allowed">What ${mine ? "you allow" : "is allowed"}</h2>
      <${Loaded} state=${state} lines=${4}>${(found) => html`
        ${found.revoked && html`<p><b>All of it was taken back.</b> What follows was allowed before.</p>`}
        ${found.revoked && mine && flagsOf(found, session()?.account.account_id).keep_fingerprints_after_revocation && html`<${Forget} path=${path} onDone=${changed} />`}
        ${editing ? html`<${Editor} found=${found} path=${path} onDone=${changed} onLeave=${() => edit(false)} />` : html`<${Present} found=${found} mine=${mine} />`}
        <${Holders} found=${found} path=${path} mine=${owner && !found.revoked} reload=${state.reload} />
        <${Versions} found=${found} />
        ${mine && !editing && html`<p class="row">${!found.revoked && html`<${Button} onClick=${() => edit(true)}>Change what you allow<//>`}${owner && html`<${Receipt} track=${track} path=${path} />`}</p>`}`}<//>
    </section>`;
}

const flagsOf = (found, me) => found.holders.find((holder) => holder.holder === me)?.flags ?? found.allowed;

function Present({ found, mine }) {
  const flags = mine ? flagsOf(found, session()?.account.account_id) : found.allowed;
  return html`<ul class="plain-list switches">${FLAGS.map((flag) => html`
    <li key=${flag.name}><${Icon} name=${flags[flag.name] ? "good" : "off"} /><span>${flag.title}: <b>${flags[flag.name] ? "yes" : "no"}</b></span></li>`)}</ul>
    ${found.awaiting.length > 0 && html`<${Notice} tone="wait" title="Not used yet.">It waits for the consent of ${found.awaiting.join(", ")}.<//>`}`;
}

function Editor({ found, path, onDone, onLeave }) {
  const before = flagsOf(found, session()?.account.account_id);
  const [flags, set] = useState(before);
  const action = useAction();
  const terms = useData(() => get("/terms"), []);
  const off = FLAGS.filter((flag) => before[flag.name] && !flags[flag.name]), on = FLAGS.filter((flag) => !before[flag.name] && flags[flag.name]);
  const save = async (event) => {
    event.preventDefault();
    const ask = { expects: found.consent_version, flags, accepted_terms_sha256: terms.data.sha256 };
    if (await action.run(() => post(`/tracks/${path}/consent`, ask))) {
      announce("Saved. It holds from now on.");
      onDone();
    }
  };
  return html`
    <form class="stack" onSubmit=${save}>
      <div>${FLAGS.map((flag) => html`<${Permission} key=${flag.name} flag=${{ ...flag, needed: false }} on=${flags[flag.name]} onChange=${(value) => set({ ...flags, [flag.name]: value })} />`)}</div>
      ${off.length > 0 && html`<${Notice} tone="wait" title="Ends at once:">${off.map((flag) => flag.title.toLowerCase()).join("; ")}. What was done before stays done.<//>`}
      ${on.length > 0 && html`<${Notice} tone="note" title="Allowed from now on:">${on.map((flag) => flag.title.toLowerCase()).join("; ")}. <a href="#/terms">The terms in force</a> count for this.<//>`}
      <${ProblemNotice} problem=${action.problem ?? terms.problem} />
      <p class="row"><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!terms.data || (!off.length && !on.length)}>Save<//><${Button} onClick=${onLeave}>Leave it as it is<//></p>
    </form>`;
}

/** The one thing that is left to take back. */
function Forget({ path, onDone }) {
  const action = useAction();
  const send = async () => {
    if (!await action.run(() => post(`/tracks/${path}/fingerprints/withdrawal`))) return;
    announce("The fingerprints are gone too.");
    onDone();
  };
  return html`
    <${Notice} tone="note" title="Fingerprints stay, as you allowed.">They keep generated music away from your track. You can let them go as well; that can't be undone.
      <${ProblemNotice} problem=${action.problem} />
      <p><${Button} kind="small" busy=${action.busy} onClick=${send}>Let the fingerprints go too<//></p><//>`;
}

function Holders({ found, path, mine, reload }) {
  const others = found.holders.filter((holder) => holder.name !== null);
  return others.length === 0 ? null : html`
    <div class="stack tight"><h3>Others who hold rights</h3>
      <ul class="plain-list stack">${others.map((holder) => html`<li key=${holder.holder} class="said-box stack tight">
        <p class="row"><b class="break">${holder.name}</b><span class="quiet small">${holder.consented ? "has consented" : holder.invited ? `asked on ${at(holder.invited)}` : "not asked yet"}</span></p>
        ${mine && !holder.consented && html`<${Invite} holder=${holder} path=${path} reload=${reload} />`}</li>`)}</ul></div>`;
}

function Invite({ holder, path, reload }) {
  const [email, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/tracks/${path}/invitations`, { holder: holder.holder, email: email.trim() }))) {
      announce("The letter is on its way.");
      set("");
      reload();
    }
  };
  return html`
    <form onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <div class="row bottom"><div class="grow"><${Field} label=${`E-mail of ${holder.name}`} type="email" required value=${email} onInput=${set} /></div>
        <${Button} type="submit" busy=${action.busy}>${holder.invited ? "Ask again" : "Ask for consent"}<//></div></form>`;
}

const Versions = ({ found }) => found.versions.length < 2 ? null : html`
  <details><summary>How it was over time</summary>
    <ol class="timeline">${found.versions.map((one) => html`<li key=${`${one.holder}-${one.consent_version}`}><b>Version ${one.consent_version}</b> <span class="quiet small">${at(one.given)}${one.terms_number ? `, terms ${one.terms_number}` : ""}</span>
      <div class="small">${FLAGS.filter((flag) => one.flags[flag.name]).map((flag) => flagTitle(flag.name)).join("; ") || "Nothing is allowed"}</div></li>`)}</ol></details>`;

function Receipt({ track, path }) {
  const action = useAction();
  const save = () => action.run(async () => download(`consent-receipt-${track.track_id}.json`, await get(`/tracks/${path}/receipt`)));
  return html`<${Button} kind="plain" busy=${action.busy} onClick=${save}><${Icon} name="down" />Consent receipt<//>${action.problem && html`<${ProblemNotice} problem=${action.problem} />`}`;
}

/** Holds: who has how much of the vault, who seems to belong together, and what waits for governance. */
import { get, post } from "../api.js";
import { at, count, percent, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Badge, Button, Empty, Loaded, ProblemNotice } from "../ui/parts.js";

const SHARED = { payout_name: "the same payee", email_domain: "the same mail domain", upload_pattern: "files named alike" };

/** Every account, page after page; the first page has the groups among all of them. */
async function load() {
  const first = await get("/bulk", { limit: 200 });
  const entities = [...first.entities];
  for (let cursor = first.cursor; cursor;) {
    const next = await get("/bulk", { limit: 200, cursor });
    entities.push(...next.entities);
    cursor = next.cursor;
  }
  return { ...first, entities };
}

export function BulkPage() {
  const state = useData(load, []);
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Holds</h1><p class="lead">So that no single source becomes the vault: past a limit, tracks of one account wait for a decision before they are used for training.</p></div>
      <${Loaded} state=${state} lines=${6}>${(found) => found.entities.length === 0
        ? html`<${Empty} title="No accepted tracks yet">Once there are some, you see here whose they are.<//>`
        : html`
          <p>${count(found.accepted_tracks, "accepted track")} of ${count(found.accounts, "account")}. ${count(found.limit, "track")} of one account may be used without approval at this size.</p>
          <ul class="plain-list card list-card">${found.entities.map((one) => html`<li key=${one.account_id} class="message stack tight"><${Entity} one=${one} reload=${state.reload} /></li>`)}</ul>
          ${found.groups && found.groups.found > 0 && html`<${Together} groups=${found.groups} />`}`}<//>
    </div>`;
}

const Together = ({ groups }) => html`
  <section class="card stack" aria-labelledby="groups"><h2 id="groups">May belong together</h2>
    <p class="quiet">A hint for you to judge, nothing more. Payees and mail domains were compared among ${count(groups.accounts_compared, "account")}, names of files among the ${groups.names_compared} with enough of them.${groups.found > groups.shown.length ? ` The ${groups.shown.length} largest of ${groups.found} groups are shown.` : ""}</p>
    <ul class="plain-list stack">${groups.shown.map((group, n) => html`<li key=${n} class="said-box">${count(group.accounts, "account")} with ${group.shared.map((name) => SHARED[name] ?? name).join(" and ")}: ${group.members.map(shortId).join(", ")}${group.accounts > group.members.length ? " and others" : ""}. ${count(group.tracks, "track")}, ${percent(group.share)}. ${group.over_limit && html`<${Badge} tone="wait">Together over the limit<//>`}</li>`)}</ul>
  </section>`;

const Entity = ({ one, reload }) => html`
  <div class="row apart top"><div><b class="break">${one.display_name || shortId(one.account_id)}</b>
      <div class="quiet small">${count(one.tracks, "track")}, ${percent(one.share)} of the vault · used up to ${one.used_up_to}</div></div>
    <${Badge} tone=${one.waiting ? "wait" : "good"}>${one.waiting ? `${one.waiting} wait` : "Within the limit"}<//></div>
  ${one.decision && html`<p class="small">${one.decision.outcome === "held" ? "All held" : `Approved up to ${one.decision.up_to}`}, ${at(one.decision.at)} by ${shortId(one.decision.by)}: ${one.decision.reason}</p>`}
  <details><summary class="small">Decide</summary><${Decide} one=${one} reload=${reload} /></details>`;

function Decide({ one, reload }) {
  const [outcome, choose] = useState("approved");
  const [upTo, setUpTo] = useState(one.tracks);
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const ask = { outcome, up_to: outcome === "approved" ? Number(upTo) : null, reason: reason.trim() };
    if (await action.run(() => post(`/bulk/${one.account_id}`, ask))) announce("Recorded.");
    reload();
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Choice} legend="Decision" name=${`bulk-${one.account_id}`} value=${outcome} onChange=${choose} options=${[["approved", "Approve tracks for training"], ["held", "Hold all of them"]]} />
      ${outcome === "approved" && html`<${Field} label="Up to how many tracks" type="number" min="1" required value=${upTo} onInput=${setUpTo} />`}
      <${Field} label="Why" hint="At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" busy=${action.busy}>Record it<//></p></form>`;
}

/** The policy: every number in force, tried before it is changed, and changed in the open. */
import { all, get, post } from "../api.js";
import { at, count, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { is } from "../session.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Button, Cut, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { Proposals } from "./policy-proposals.js";
import { PolicyFields, labelOf, shown } from "./policy-fields.js";

export function PolicyPage() {
  const state = useData(async () => {
    const [present, versions, proposals] = await Promise.all([
      get("/policy"), all("/policy/history", "versions"), all("/policy/proposals", "proposals")]);
    return { present, versions: versions.reverse(), proposals };
  }, []);
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Policy</h1>
        <p class="lead">Every decision names the version that it was made under. A change is a new version with a reason; nothing is edited after the fact.</p></div>
      <${Loaded} state=${state} lines=${10}>${({ present, versions, proposals }) => html`
        <${Cut} of=${proposals} what="proposals" />
        <${Proposals} proposals=${proposals} reload=${state.reload} />
        <${Editor} key=${present.number} present=${present} reload=${state.reload} />
        <${Past} versions=${versions} />`}<//>
    </div>`;
}

function Editor({ present, reload }) {
  const [policy, set] = useState(present.policy);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(null);
  const trial = useAction(), change = useAction();
  const same = JSON.stringify(policy) === JSON.stringify(present.policy);
  const edit = (next) => {
    set(next);
    setTried(null);
  };
  const test = () => trial.run(async () => {
    const found = await post("/policy/trial", { policy });
    setTried(found);
    announce(`Submissions: ${found.summary}. Outputs: ${found.output_checks.summary}.`);
  });
  const send = async (event) => {
    event.preventDefault();
    /** @type {any} */
    let answer;
    const sent = await change.run(async () => {
      answer = await post("/policy", { expects: present.number, policy, reason: reason.trim() });
    });
    if (sent) {
      announce(answer.proposal_id ? "Proposed: a second admin has to confirm it." : "The new version is in force.");
      reload();
    }
  };
  return html`
    <form class="card stack" onSubmit=${send}>
      <div class="row apart"><h2>In force: version ${present.number}</h2><span class="quiet small">${present.since ? `since ${at(present.since)}` : "as it came with the software"}</span></div>
      <${PolicyFields} policy=${policy} before=${present.policy} onChange=${is("admin") ? edit : null} />
      ${is("admin") && html`
        <div class="stack change-box">
          <${ProblemNotice} problem=${trial.problem} />
          <p class="row"><${Button} busy=${trial.busy} disabled=${same} onClick=${test}>Try it on past decisions<//>
            <span class="quiet small">${same ? "Change a value first." : "A trial changes nothing."}</span></p>
          ${tried && html`<${Trial} tried=${tried} />`}
          ${tried && html`<${OutputTrial} tried=${tried.output_checks} />`}
          <${ProblemNotice} problem=${change.problem} />
          <${Field} label="Why do you change it?" hint="Everybody who is signed in can read it. At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${setReason} />
          <p><${Button} type="submit" kind="main" busy=${change.busy} disabled=${same}>Put it in force<//></p>
        </div>`}
    </form>`;
}

const Trial = ({ tried }) => html`
  <${Notice} tone=${tried.changed ? "wait" : "good"} title=${`Submissions: ${tried.summary}.`}>
    ${tried.changed > 0 && html`
      <ul>${Object.entries(tried.moves).map(([move, n]) => html`<li key=${move}>${count(n, "track")}: from ${move}</li>`)}</ul>
      <details><summary>Which</summary><ul>${tried.tracks.map((one) => html`<li key=${one.track_id}><a href=${`#/review/${one.track_id}`}><code>${shortId(one.track_id)}</code></a>: ${one.before} to ${one.after}</li>`)}</ul></details>`}
  <//>`;

const OutputTrial = ({ tried }) => html`
  <${Notice} tone=${tried.changed ? "wait" : "good"} title=${`Outputs: ${tried.summary}.`}>
    ${tried.changed > 0 && html`
      <ul>${Object.entries(tried.moves).map(([move, n]) => html`<li key=${move}>${count(n, "output")}: from ${move.replaceAll("_", " ")}</li>`)}</ul>
      <details><summary>Which outputs</summary><ul>${tried.outputs.map((one) => html`<li key=${one.output_id}><code class="break">${one.output_id}</code> of ${one.model_id}: ${one.before.replaceAll("_", " ")} to ${one.after.replaceAll("_", " ")}</li>`)}</ul></details>`}
  <//>`;

const Past = ({ versions }) => html`
  <section class="card stack" aria-labelledby="past">
    <h2 id="past">History</h2>
    <${Cut} of=${versions} what="versions" />
    ${versions.length === 0
      ? html`<p class="quiet">No change yet. Version 1 came with the software.</p>`
      : html`<ol class="timeline">${versions.map((version) => html`
        <li key=${version.number}><b>Version ${version.number}</b> <span class="quiet small">${at(version.at)} by ${shortId(version.author)}${version.confirmed_by ? `, confirmed by ${shortId(version.confirmed_by)}` : ""}</span>
          <p class="break">${version.reason}</p>
          <ul class="small">${version.changes.map((one) => html`<li key=${one.field}>${labelOf(one.field)}: ${shown(one.before)} → <b>${shown(one.after)}</b></li>`)}</ul></li>`)}</ol>`}
  </section>`;

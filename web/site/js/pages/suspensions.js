/** What is held back: outputs and models that reviewers suspend and let go again, each time with a reason. */
import { all, post } from "../api.js";
import { at, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Badge, Button, Empty, Loaded, Notice, ProblemNotice } from "../ui/parts.js";

const STATES = {
  suspended: { label: "Suspended", tone: "wait", empty: "Nothing is suspended", says: "What reviewers hold back, or a claim holds back, appears here." },
  withdrawn: { label: "Withdrawn", tone: "bad", empty: "Nothing was withdrawn", says: "An output is withdrawn for good when a claim about it is upheld." },
  lifted: { label: "Let go", tone: "off", empty: "Nothing was let go", says: "What was suspended once and is free again appears here." },
};
const KINDS = [["output_id", "One output", "Its sound is held too, whatever it is called."], ["model_id", "A model", "Nothing that it makes is released."]];
const MODEL = "model:";

/** What the API calls it, as what an ask names. @param {string} subject */
const named = (subject) => (subject.startsWith(MODEL) ? { model_id: subject.slice(MODEL.length) } : { output_id: subject });
const byClaim = (decision) => decision.by.startsWith("clm_");

export function Suspensions() {
  const [wanted, choose] = useState("suspended");
  const state = useData(() => all("/suspensions", "suspensions", { state: wanted, limit: 100 }), [wanted], () => 30_000);
  const held = () => (wanted === "suspended" ? state.reload() : choose("suspended"));
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Suspensions</h1><p class="lead">What is suspended is not released, from this moment on. To let it go is a decision of its own; an output has to be checked again then.</p></div>
      <section class="card stack" aria-labelledby="hold"><h2 id="hold">Suspend something</h2><${Hold} onDone=${held} /></section>
      <section class="stack" aria-labelledby="held"><h2 id="held">What was decided</h2>
        <div class="pills" role="group" aria-label="Show">${Object.entries(STATES).map(([key, { label }]) => html`<button key=${key} type="button" class="pill" aria-pressed=${wanted === key} onClick=${() => choose(key)}>${label}</button>`)}</div>
        <${Loaded} state=${state} lines=${4}>${(found) => found.length
          ? found.map((one) => html`<${Subject} key=${one.subject} one=${one} reload=${state.reload} />`)
          : html`<${Empty} title=${STATES[wanted].empty}>${STATES[wanted].says}<//>`}<//>
      </section>
    </div>`;
}

function Hold({ onDone }) {
  const [kind, choose] = useState("output_id");
  const [id, name] = useState("");
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (!await action.run(() => post("/suspensions", { [kind]: id.trim(), reason: reason.trim() }))) return;
    announce(`${id.trim()} is suspended.`);
    name("");
    set("");
    onDone();
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Choice} legend="What" name="kind" value=${kind} onChange=${choose} options=${KINDS} />
      <${Field} label=${kind === "output_id" ? "Output id" : "Model id"} hint=${kind === "output_id" ? "As its certificate or its check names it." : "As its checks name it."} required maxlength="120" value=${id} onInput=${name} placeholder=${kind === "output_id" ? "out_…" : undefined} />
      <${Field} as="textarea" label="Why" hint="Whoever runs the service reads it. At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" kind="danger" busy=${action.busy}>Suspend it<//></p></form>`;
}

function Subject({ one, reload }) {
  const { label, tone } = STATES[one.state], last = one.decisions.at(-1);
  const { model_id: model, output_id: output } = named(one.subject);
  return html`
    <section class="card stack" aria-labelledby=${one.subject}>
      <div class="row apart"><h3 id=${one.subject} class="break">${model ? `Model ${model}` : `Output ${output}`}</h3><${Badge} tone=${tone}>${label}<//></div>
      <ol class="plain-list stack tight" aria-label="Decisions">${one.decisions.map((decision) => html`<li key=${decision.at} class="said-box"><${Said} decision=${decision} /></li>`)}</ol>
      ${one.state === "suspended" && (byClaim(last)
        ? html`<${Notice} tone="note" title="A claim stands.">Its end decides whether this is free, unless you suspend it above as well. <a href=${`#/claims/${last.by}`}>See the claim</a><//>`
        : html`<details><summary>Let it go</summary><${Release} subject=${one.subject} reload=${reload} /></details>`)}
    </section>`;
}

const Said = ({ decision }) => html`
  <p class="quiet small"><b>${STATES[decision.state].label}</b> on ${at(decision.at)} by ${byClaim(decision) ? html`<a href=${`#/claims/${decision.by}`}>a claim</a>` : shortId(decision.by)}</p>
  <p class="break">${decision.reason}</p>`;

function Release({ subject, reload }) {
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (!await action.run(() => post("/suspensions/lift", { ...named(subject), reason: reason.trim() }))) return;
    announce("It is let go.");
    reload();
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Field} as="textarea" label="Why" hint="Whoever runs the service reads it. At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" kind="main" busy=${action.busy}>Let it go<//></p></form>`;
}

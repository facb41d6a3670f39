/** How the outputs of each model fare at the safety check: for reviewers. */
import { all, get } from "../api.js";
import { at, count, onDay, percent, shortId } from "../format.js";
import { useData } from "../hooks.js";
import { html } from "../lib.js";
import { Badge, Empty, Loaded } from "../ui/parts.js";
import { Bars, Lines } from "../ui/plots.js";

const OUTCOMES = [["allow", "Allowed"], ["warn", "Warned"], ["block", "Blocked"], ["not_cleared", "Not cleared"]];
const share = (value) => percent(value ?? 0, 1);
const tone = ({ rates }) => (rates.block >= 0.05 ? "bad" : rates.block + rates.warn > 0 ? "wait" : "good");

export function ModelsChecked() {
  const state = useData(() => all("/safety/models", "models"), []);
  return html`
    <div class="stack">
      <div class="stack tight"><h1>Outputs by model</h1><p class="lead">What the safety checks said of what each model made. A few minutes behind.</p></div>
      <${Loaded} state=${state} lines=${5}>${(models) => models.length
        ? html`<ul class="plain-list card list-card track-list">${models.map((model) => html`<li key=${model.model_id}>
            <a class="track-row" href=${`#/model-checks/${encodeURIComponent(model.model_id)}`}><b class="break">${model.model_id}</b><${Badge} tone=${tone(model)}>${share(model.rates.block)} blocked<//>
              <span class="sub">${count(model.checks, "check")}, ${share(model.rates.warn)} warned · last on ${onDay(model.last)}</span></a></li>`)}</ul>`
        : html`<${Empty} title="No output was checked yet">Generation services ask before they release anything. Their models then show here.<//>`}<//>
    </div>`;
}

export function ModelChecks({ id }) {
  const state = useData(() => get(`/safety/models/${encodeURIComponent(id)}`), [id]);
  return html`
    <p class="small"><a href="#/model-checks">Outputs by model</a></p>
    <${Loaded} state=${state} lines=${8} title="Outputs">${(found) => html`<${Figures} found=${found} />`}<//>`;
}

function Figures({ found }) {
  const { total, days, most_hit: hits } = found;
  const rate = (day, name) => day.outcomes[name] / Math.max(1, sum(day));
  return html`
    <header class="track-head"><h1 class="break">${total.model_id}</h1>
      <p class="quiet">${count(total.checks, "check")}, the last one ${at(total.last)}</p></header>
    <div class="stack loose">
      <div class="grid figures">${OUTCOMES.map(([name, label]) => html`<div key=${name} class="card flat figure"><b>${share(total.rates[name])}</b><span>${label.toLowerCase()} (${total.outcomes[name]})</span></div>`)}</div>
      <section class="card grid rates">
        <${Lines} title="Warned and blocked, of each day's checks" days=${days.map((day) => day.day)}
          lines=${[{ name: "Warned", tone: "wait", values: days.map((day) => rate(day, "warn")) }, { name: "Blocked", tone: "bad", values: days.map((day) => rate(day, "block")) }]} />
        <div class="scroll" tabindex="0" role="region" aria-label="Checks by day"><table><caption>Checks by day</caption>
          <thead><tr><th scope="col">Day</th>${OUTCOMES.map(([name, label]) => html`<th key=${name} scope="col" class="num">${label}</th>`)}</tr></thead>
          <tbody>${[...days].reverse().map((day) => html`<tr key=${day.day}><th scope="row">${day.day}</th>${OUTCOMES.map(([name]) => html`<td key=${name} class="num">${day.outcomes[name]}</td>`)}</tr>`)}</tbody></table></div>
      </section>
      ${hits.length > 0 && html`<section class="card"><${Bars} title="Tracks that came up most, in warnings and blocks" rows=${hits.map((hit) => [named(hit.ref), hit.checks])} /></section>`}
    </div>`;
}

/** A track of the vault by its id, cut; one of a catalogue by its name. @param {string} ref */
const named = (ref) => (ref.startsWith("trk_") ? shortId(ref) : ref);
const sum = (day) => OUTCOMES.reduce((all, [name]) => all + day.outcomes[name], 0);

/** The runs and models that were given a track. */
import { get } from "../api.js";
import { at, count } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html } from "../lib.js";
import { Icon } from "../ui/art.js";
import { Badge, Button, Loaded, ProblemNotice, download } from "../ui/parts.js";
import { PURPOSES } from "../words-training.js";

export function Runs({ path }) {
  const state = useData(() => get(`/tracks/${path}/runs`), [path]);
  return html`
    <section class="card stack" aria-labelledby="runs"><h2 id="runs">Who used it</h2>
      <${Loaded} state=${state} lines=${2}>${(found) => found.runs.length ? html`<${Table} found=${found} path=${path} />`
        : html`<p class="quiet">Nobody so far. Each training run that is given this track appears here.</p>`}<//>
    </section>`;
}

function Table({ found, path }) {
  const action = useAction();
  const prove = (run) => action.run(async () => download(`proof-${run.run_id}.json`, await get(`/tracks/${path}/runs/${run.run_id}/proof`)));
  return html`
    <p>${count(found.runs.length, "run")}${found.more ? " (the newest)" : ""}, ${count(found.models.length, "model")}: ${found.models.map((model, n) => html`${n > 0 && ", "}<a key=${model.model_id} href=${`#/models/${encodeURIComponent(model.model_id)}`}>${model.model_id}</a>${model.versions.length ? ` (${model.versions.join(", ")})` : ""}`)}.</p>
    <${ProblemNotice} problem=${action.problem} />
    <div class="scroll" tabindex="0" role="region" aria-label="Training runs that were given this track"><table><caption class="hidden">Training runs that were given this track</caption>
      <thead><tr><th scope="col">Given</th><th scope="col">Model</th><th scope="col">For</th><th scope="col" class="num">Reads</th><th scope="col">Run</th><th scope="col"><span class="hidden">Proof</span></th></tr></thead>
      <tbody>${found.runs.map((run) => html`<tr key=${run.run_id}>
        <td>${at(run.granted)}</td><td class="break">${run.model_id}${run.model_version ? ` ${run.model_version}` : ""}</td><td>${PURPOSES[run.purpose] ?? run.purpose}<div class="quiet small">${run.packs.join(", ")}</div></td>
        <td class="num">${run.reads}</td><td class="break"><code>${run.run_id}</code> <${Badge} tone=${run.ended ? "off" : "note"}>${run.ended ? "ended" : "running"}<//></td>
        <td>${run.ended && html`<${Button} kind="small plain" aria-label=${`Proof for ${run.run_id}`} onClick=${() => prove(run)}><${Icon} name="down" />Proof<//>`}</td></tr>`)}</tbody>
    </table></div>`;
}

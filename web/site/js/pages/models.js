/** Models that were trained here: their versions, what they were trained on, and how stale they have become. */
import { all, get } from "../api.js";
import { count, onDay, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html } from "../lib.js";
import { Icon } from "../ui/art.js";
import { Badge, Button, Empty, Loaded, Notice, ProblemNotice, Time, download } from "../ui/parts.js";
import { CONSTRAINTS, PURPOSES } from "../words-training.js";

export function Models() {
  const state = useData(() => all("/models", "models"), []);
  return html`
    <div class="stack">
      <div class="stack tight"><h1>Models</h1><p class="lead">Every model that was registered, with the runs behind it. Which tracks a run was given can be proved.</p></div>
      <${Loaded} state=${state} lines=${5}>${(models) => models.length
        ? html`<ul class="plain-list card list-card track-list">${models.map((model) => html`<li key=${model.model_id}>
            <a class="track-row" href=${`#/models/${encodeURIComponent(model.model_id)}`}><b>${model.title}</b><${Badge} tone="off">${model.model_type}<//>
              <span class="sub break">${model.model_id} · since <${Time} iso=${model.created} /></span></a></li>`)}</ul>`
        : html`<${Empty} title="No model was registered yet">Training jobs register what they make. Each model then shows here.<//>`}<//>
    </div>`;
}

async function load(path) {
  const model = await get(`/models/${path}`);
  /** @type {any[]} */
  const versions = await Promise.all(model.versions.map((version) => get(`/models/${path}/versions/${encodeURIComponent(version)}`)));
  return { model, versions: versions.sort((one, other) => other.registered.localeCompare(one.registered)) };
}

export function Model({ id }) {
  const path = encodeURIComponent(id);
  const state = useData(() => load(path), [id]);
  return html`
    <p class="small"><a href="#/models">Models</a></p>
    <${Loaded} state=${state} lines=${6} title="Model">${({ model, versions }) => html`
      <header class="track-head"><h1 class="break">${model.title}</h1>
        <p class="row"><${Badge} tone="off">${model.model_type}<//><span class="quiet break">${model.model_id} · since ${onDay(model.created)}</span></p></header>
      <div class="stack loose">${versions.length
        ? versions.map((one) => html`<${Version} key=${one.model_version} one=${one} path=${path} />`)
        : html`<p class="card quiet">No version of it was registered.</p>`}</div>`}<//>`;
}

function gateOf({ state, audit }) {
  if (!audit) return "What it makes was not audited yet, so it is not for release.";
  const copies = `Of ${count(audit.outputs, "output")} at its last audit ${audit.extracted} ${audit.extracted === 1 ? "was a copy" : "were copies"} of a known work`;
  const share = (part) => `${(part * 100).toFixed(2)} %`;
  if (state !== "passed") return `${copies}. Against it: ${audit.why.join("; ")}.`;
  return `${copies}: at most ${share(audit.upper_bound)}, where ${share(audit.limit)} are allowed.`;
}

function Version({ one, path }) {
  const { revoked_since: since, claim } = one, id = `version-${one.model_version}`;
  const action = useAction();
  const prove = () => action.run(async () =>
    download(`proof-${one.model_id}-${one.model_version}.json`, await get(`/models/${path}/versions/${encodeURIComponent(one.model_version)}/proof`)));
  return html`
    <section class="card stack" aria-labelledby=${id}>
      <div class="row apart"><h2 id=${id} class="break">Version ${one.model_version}</h2><span class="row"><${Badge} tone=${one.release.state === "passed" ? "good" : "wait"}>${one.release.state === "passed" ? "Passed the release gate" : "Blocked for release"}<//><${Badge} tone=${since.revoked ? "wait" : "good"}>${since.revoked ? "Stale" : "Up to date"}<//></span></div>
      <p>Trained on ${count(since.tracks, "track")} for ${one.purposes.map((name) => PURPOSES[name] ?? name).join(" and ")}. ${since.revoked ? `${count(since.revoked, "track")} of them ${since.revoked === 1 ? "was" : "were"} taken back since.` : "None of them was taken back since."}</p>
      <p>${gateOf(one.release)}</p>
      ${claim.granted ? html`<${Notice} tone="good" title="It may say:">${claim.text}<//>`
        : html`<${Notice} tone="off" title="It may not be called clean.">${claim.against.join(" ")}<//>`}
      ${one.constraints.length > 0 && html`<ul>${one.constraints.map((name) => html`<li key=${name}>${CONSTRAINTS[name] ?? name}</li>`)}</ul>`}
      <dl class="facts small"><dt>Packs</dt><dd>${one.packs.join(", ") || "none"}</dd><dt>Trained</dt><dd>${onDay(one.trained)}</dd>
        <dt>Weights</dt><dd><code title=${one.weights_sha256}>${shortId(one.weights_sha256)}</code></dd></dl>
      <div class="scroll" tabindex="0" role="region" aria-label=${`Runs behind version ${one.model_version}`}><table><caption class="hidden">Runs behind version ${one.model_version}</caption>
        <thead><tr><th scope="col">Run</th><th scope="col">For</th><th scope="col">Ended</th><th scope="col" class="num">Tracks</th><th scope="col" class="num">Read</th></tr></thead>
        <tbody>${one.runs.map((run) => html`<tr key=${run.run_id}><td class="break"><code>${run.run_id}</code></td><td>${PURPOSES[run.purpose] ?? run.purpose}</td><td>${onDay(run.ended)}</td><td class="num">${run.tracks}</td><td class="num">${run.tracks_read}</td></tr>`)}</tbody></table></div>
      <${ProblemNotice} problem=${action.problem} />
      <p><${Button} kind="small plain" busy=${action.busy} onClick=${prove}><${Icon} name="down" />Proof of what it was trained on<//></p>
    </section>`;
}

/** Outputs that one holds: the list, claiming one with its code, and the way out with licence and certificate. */
import { all, get, post, sendForm } from "../api.js";
import { at, bytes, clock, onDay } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { go } from "../router.js";
import { ACCEPT, typeOf } from "../sending.js";
import { announce } from "../ui/announce.js";
import { Field, Tick } from "../ui/fields.js";
import { Badge, Button, Empty, Loaded, Notice, ProblemNotice, Time, download } from "../ui/parts.js";
import { Prose } from "../ui/prose.js";
import { sha256 } from "./verify.js";

const OUTCOMES = {
  allow: ["good", "Cleared"], warn: ["wait", "Cleared, with likeness"], block: ["bad", "Blocked"],
  not_cleared: ["wait", "Not checked to the end"],
};
/** What stands in the way and is no outcome of the check: the first of these that applies. */
const STANDING = { output_suspended: ["bad", "Suspended"], output_not_cleared: null, model_blocked: ["wait", "Model held back"], check_outdated: ["wait", "To be checked again"] };
const against = (output) => output.obstacles.filter((one) => one.code !== "licence_not_accepted");
const badge = (output) => {
  const codes = against(output).map((one) => one.code), first = Object.keys(STANDING).find((code) => codes.includes(code));
  const [tone, label] = STANDING[first] ?? OUTCOMES[output.outcome];
  return html`<${Badge} tone=${tone}>${label}<//>`;
};

/** Where a link leads; services write them. */
const hostOf = (url) => {
  try {
    return new URL(url).host;
  } catch {
    return "an address that can't be read";
  }
};

export function Outputs() {
  const state = useData(() => all("/outputs", "outputs"), []);
  return html`
    <div class="stack loose">
      <h1>My outputs</h1>
      <${Loaded} state=${state} lines=${4}>${(outputs) => outputs.length
        ? html`<ul class="plain-list card list-card track-list">${outputs.map((one) => html`<li key=${one.output_id}>
            <a class="track-row" href=${`#/outputs/${one.output_id}`}><b class="break">${one.output_id}</b>${badge(one)}
              <span class="sub">${one.model_id} · ${clock(one.duration_s)} · checked <${Time} iso=${one.checked_at} /></span></a></li>`)}</ul>`
        : html`<${Empty} title="No outputs yet">Music that a generation service made for you is listed here once you claim it, with the code that the service gives you.<//>`}<//>
      <${ClaimForm} />
    </div>`;
}

function ClaimForm() {
  const [output, setOutput] = useState(""), [code, setCode] = useState("");
  const send = (event) => {
    event.preventDefault();
    go(`/outputs/claim/${encodeURIComponent(output.trim())}/${encodeURIComponent(code.trim())}`);
  };
  return html`
    <form class="card stack" onSubmit=${send}><h2>Claim an output</h2>
      <${Field} label="Output" hint="Begins with out_" value=${output} onInput=${setOutput} required maxlength="70" autocomplete="off" />
      <${Field} label="Code" hint="Begins with cod_; it counts once, for a week" value=${code} onInput=${setCode} required maxlength="40" autocomplete="off" />
      <p><${Button} type="submit">Go on<//></p>
    </form>`;
}

export function ClaimOutput({ id, code }) {
  const action = useAction();
  const claim = async () => {
    if (await action.run(() => post(`/outputs/${id}/claim`, { code }))) go(`/outputs/${id}`);
  };
  return html`
    <div class="stack">
      <h1>Is this yours?</h1>
      <p class="lead break">You were given the code for the output ${id}.</p>
      <p>Claiming ties it to your account for good. From then on only you can export it, and the service that made it no longer can.</p>
      <${ProblemNotice} problem=${action.problem} />
      <p><${Button} kind="main" busy=${action.busy} onClick=${claim}>Claim it<//></p>
    </div>`;
}

export function Output({ id }) {
  const state = useData(async () => {
    const [output, licence] = await Promise.all([get(`/outputs/${id}`), get("/licence")]);
    return { output, licence };
  }, [id]);
  return html`<${Loaded} state=${state} lines=${8} title="Export an output">${({ output, licence }) => html`
    <div class="stack loose">
      <div class="stack tight"><h1 class="break">${output.output_id}</h1>
        <p class="row">${badge(output)} <span class="quiet">${output.model_id} · ${clock(output.duration_s)} · checked ${at(output.checked_at)}</span></p></div>
      <${Advice} output=${output} />
      ${!against(output).length && html`<${Export} output=${output} licence=${licence} reload=${state.reload} />`}
    </div>`}<//>`;
}

/** What the check says, and what helps where it stands in the way. */
function Advice({ output }) {
  const stands = against(output), details = stands.map((one) => one.detail);
  if (!stands.length) {
    return html`<${Notice} tone=${output.outcome === "warn" ? "wait" : "good"}>${output.message}<//>`;
  }
  const late = stands.every((one) => one.code === "check_outdated");
  const model = !late && stands.every((one) => ["model_blocked", "check_outdated"].includes(one.code));
  const found = output.reasons.filter((one) => !details.includes(one.detail));
  return html`
    <${Notice} tone="bad" title="It can't be exported.">
      ${stands.map((one) => html`<p key=${one.code} class="break">${one.detail}</p>`)}
      ${found.length > 0 && html`<ul class="break">${found.map((one, n) => html`<li key=${n}>${one.detail}</li>`)}</ul>`}<//>
    <section class="card stack" aria-labelledby="helps"><h2 id="helps">What helps</h2>
      ${late ? html`<p>Ask the service to have the same file checked again. Nothing else is needed.</p>`
        : model ? html`<p>Ask the service that made it. This is about its model and not about your output: no other prompt and no cut changes it.</p>`
        : output.suggestions.length ? html`<ul>${output.suggestions.map((text) => html`<li key=${text}>${text}</li>`)}</ul>`
        : html`<ul><li>Make another one with another seed or variation.</li><li>Ask for something less close: name a mood or a genre, not a song or an artist.</li>
            <li>If only a passage is too close, leave that passage out and have the rest checked.</li></ul>`}
      ${!late && !model && output.regenerate_url && html`<p><a class="button main" href=${output.regenerate_url} rel="noopener noreferrer nofollow" target="_blank">Regenerate</a>
        <span class="small quiet break"> at ${hostOf(output.regenerate_url)}</span></p>`}
      ${!output.regenerate_url && !late && !model && html`<p class="quiet">Go back to the service that made it and regenerate there.</p>`}
    </section>`;
}

function Export({ output, licence, reload }) {
  const [agreed, agree] = useState(false), [file, setFile] = useState(null), [wrong, setWrong] = useState(""), [share, setShare] = useState(0);
  const [made, setMade] = useState(null);
  const action = useAction();
  const known = output.licence.accepted;
  const choose = async (chosen) => {
    setFile(null);
    setWrong("");
    if (!chosen) return;
    if ((await sha256(chosen)) === output.content_sha256) setFile(chosen);
    else setWrong("This is not the file that was checked. Choose exactly the file that the service gave you, not a converted or edited one.");
  };
  const send = async (event) => {
    event.preventDefault();
    let outdated = false;
    const good = await action.run(async () => {
      try {
        if (!known) await post("/licence/acceptance", { agreed: true, text_sha256: licence.sha256 });
        const opened = await post("/uploads", { filename: file.name.slice(0, 200), bytes: file.size, content_type: typeOf(file), purpose: "output" });
        await sendForm(opened.form, file, setShare);
        setMade(await post(`/outputs/${output.output_id}/export`, { audio_upload_token: opened.upload_id }));
      } catch (problem) {
        outdated = problem.code === "licence_outdated" || problem.code === "licence_not_accepted";
        throw problem;
      }
    });
    announce(good ? "Exported." : "The export did not work.");
    if (outdated) { // there is a new text: it is shown, and agreed to anew
      agree(false);
      reload();
    }
  };
  if (made) return html`<${Done} made=${made} />`;
  return html`
    <form class="card stack" onSubmit=${send}><h2>Export</h2>
      ${known
        ? html`<p class="small quiet">You accepted the licence, version ${output.licence.present}, on ${onDay(output.licence.accepted_at)}. It counts for this output too. <a href="#/licence">Read it again</a></p>`
        : html`<section class="stack tight" aria-labelledby="rights"><h3 id="rights">Your rights in generated music</h3>
            <ul>${licence.summary.map((line, n) => html`<li key=${n}>${line}</li>`)}</ul>
            <details><summary>Read the whole licence (version ${licence.number})</summary><div class="terms-box prose" tabindex="0" role="region" aria-label="Licence"><${Prose} text=${licence.text} top=${4} /></div></details>
            <${Tick} label="I agree to these terms." checked=${agreed} onChange=${agree} required /></section>`}
      <div class="field"><label class="label" for="sound">The file that was checked</label>
        <span class="hint" id="sound-hint">It is sent, given its content credentials, and deleted within a day.</span>
        <input id="sound" type="file" accept=${ACCEPT} aria-describedby=${`sound-hint${wrong ? " sound-wrong" : ""}`} aria-invalid=${wrong ? "true" : undefined} onChange=${(event) => choose(event.target.files[0])} />
        ${wrong && html`<span class="wrong" id="sound-wrong">${wrong}</span>`}</div>
      <${ProblemNotice} problem=${action.problem} />
      ${action.busy && html`<p class="quiet small" role="status">${share < 1 ? `Sending: ${Math.round(share * 100)} %` : "Writing the credentials…"}</p>`}
      <p><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!file || !(known || agreed)}>Export<//></p>
    </form>`;
}

function Done({ made }) {
  const base = made.filename.replace(/\.[^.]+$/, "");
  return html`
    <section class="card stack" aria-labelledby="done"><h2 id="done">Here it is</h2>
      <p class="row"><a class="button main" href=${made.url} target="_blank" rel="noopener" download=${made.filename}>Get the file</a>
        <${Button} onClick=${() => download(`${base}.certificate.json`, made.certificate, true)}>Certificate (signed)<//>
        <a class="button" href=${made.pdf} target="_blank" rel="noopener">Certificate (to print)</a></p>
      <p class="quiet">${bytes(made.file.bytes)}. The link works until ${at(made.expires)}; within a day you can ask for it again. Keep the signed certificate beside the file: it is the proof of your licence.</p>
      ${made.file.credentials === "c2pa"
        ? html`<p>The file carries content credentials: they say that a trained model made it, and hold the receipt of its check.</p>`
        : html`<p>The file carries no content credentials: ${made.file.why_none}.</p>`}
      <p><a href="#/verify">Verify a file or a certificate</a></p>
    </section>`;
}

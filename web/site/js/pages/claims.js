/** Claims: what waits, by when, and the steps that people take. */
import { get, post } from "../api.js";
import { ago, at, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Evidence } from "../ui/evidence.js";
import { Choice, Field, Tick } from "../ui/fields.js";
import { Listen } from "../ui/listen.js";
import { Badge, Button, Empty, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { Reasons } from "../ui/reasons.js";
import { claimTold } from "../words-claims.js";
import { told } from "../words.js";

const SHOWN = ["confirmed", "examined", "negotiating", "unfounded", "kept", "removed", "negotiated", "moot"];

export function Claims() {
  const [wanted, choose] = useState("confirmed");
  const state = useData(() => get("/claims", { state: wanted }), [wanted], () => 30_000);
  return html`
    <div class="stack">
      <h1>Claims</h1>
      <div class="pills" role="group" aria-label="Show">${SHOWN.map((key) => html`<button key=${key} type="button" class="pill" aria-pressed=${wanted === key} onClick=${() => choose(key)}>${claimTold(key).label}</button>`)}</div>
      <${Loaded} state=${state} lines=${5}>${(page) => page.claims.length
        ? html`<ul class="plain-list card list-card track-list">${page.claims.map((claim) => html`<li key=${claim.claim_id}><${Line} claim=${claim} /></li>`)}</ul>`
        : html`<${Empty} title="No claim stands here">Claims that are confirmed appear on their own.<//>`}<//>
    </div>`;
}

const aboutOf = (claim) => (claim.output_id ? `About the output ${claim.output_id}` : claim.track_title ? `About “${claim.track_title}”` : "No track named yet");
const OUTPUT_STATES = { suspended: ["wait", "Suspended"], withdrawn: ["bad", "Withdrawn"], lifted: ["off", "Not suspended"] };

const Line = ({ claim }) => html`
  <a class="track-row" href=${`#/claims/${claim.claim_id}`}>
    <b>${claim.work ? `“${claim.work.title}” by ${claim.work.artist}` : claim.claim_id}</b>
    <span class="row end">${claim.locked && html`<${Badge} tone="wait">${claim.output_id ? "Suspends an output" : "Locks a track"}<//>`}${claim.overdue ? html`<${Badge} tone="bad">Overdue<//>` : html`<${Badge} tone="note">Due ${ago(claim.due)}<//>`}</span>
    <span class="sub">${aboutOf(claim)} · filed ${ago(claim.filed)}${claim.answered ? " · the owner answered" : ""}</span>
  </a>`;

export function Claim({ id }) {
  const path = encodeURIComponent(id);
  const state = useData(() => get(`/claims/${path}`), [id], () => 20_000);
  return html`
    <p class="small"><a href="#/claims">Claims</a></p>
    <${Loaded} state=${state} lines=${8} title="Claim">${(claim) => html`<${Shown} claim=${claim} path=${path} reload=${state.reload} />`}<//>`;
}

function Shown({ claim, path, reload }) {
  const said = claimTold(claim.state);
  return html`
    <header class="track-head">
      <h1 class="break">${claim.work ? `Claim about “${claim.work.title}”` : "Claim"}</h1>
      <p class="row"><${Badge} tone=${said.tone}>${said.label}<//>${claim.locked && html`<${Badge} tone="wait">${claim.output_id ? "Suspends its output" : "Locks its track"}<//>`}
        <span class=${claim.overdue ? "wrong" : "quiet"}>${claim.ended ? `ended ${at(claim.ended)}` : `${claim.overdue ? "overdue since" : "next step by"} ${at(claim.due)}`}</span></p>
    </header>
    <div class="case">
      <div class="stack loose">
        <section class="card stack" aria-labelledby="said"><h2 id="said">What is claimed</h2>
          <blockquote class="said-box break">${claim.basis || "Erased, some time after the end."}</blockquote>
          <dl class="facts">
            ${claim.work && html`<dt>Work</dt><dd>“${claim.work.title}” by ${claim.work.artist}</dd><dt>Looked up at</dt><dd>${claim.work.where}</dd>`}
            <dt>By</dt><dd>${claim.claimant ? `${claim.claimant}, ${claim.capacity === "rights_holder" ? "holding the rights" : "speaking for the holder"}` : "erased"}</dd>
            ${claim.email && html`<dt>E-mail</dt><dd>${claim.email}</dd>`}
            ${claim.met && html`<dt>Came across it</dt><dd>${claim.met}</dd>`}
            <dt>Filed</dt><dd>${at(claim.filed)}</dd></dl></section>
        <section class="card stack" aria-labelledby="answer"><h2 id="answer">The owner's answer</h2>
          ${claim.answer ? html`<blockquote class="said-box break">${claim.answer}</blockquote>` : html`<p class="quiet">None yet.</p>`}</section>
        ${claim.track_id && html`<section class="card stack" aria-labelledby="track"><h2 id="track">The track</h2>
          <p><b class="break">${claim.track_title ?? "Not there any more"}</b> ${claim.track_status && html`<${TrackBadge} claim=${claim} />`}
            <br /><span class="small quiet break">${claim.track_id}${claim.owner ? `, of ${shortId(claim.owner)}` : ""}</span></p>
          <h3>What is known against it now</h3>${claim.findings.length ? html`<${Reasons} reasons=${claim.findings} />` : html`<p class="quiet">Nothing.</p>`}</section>`}
        ${claim.output_id && html`<${OutputCard} claim=${claim} />`}
        ${claim.sources.length > 0 && html`<${Evidence} sources=${claim.sources} trackId=${claim.track_id} seconds=${0} listen=${claim.ended ? null : Listen} />`}
      </div>
      <aside class="stack case-side" aria-label="Decision"><${Steps} claim=${claim} path=${path} reload=${reload} /></aside>
    </div>`;
}

function OutputCard({ claim }) {
  const [tone, label] = OUTPUT_STATES[claim.output_status] ?? ["off", "Not suspended"];
  return html`<section class="card stack" aria-labelledby="output"><h2 id="output">The output</h2>
    <p><b class="break">${claim.output_id}</b> <${Badge} tone=${tone}>${label}<//>${claim.owner && html`<br /><span class="small quiet">of a service of ${shortId(claim.owner)}</span>`}</p>
    <h3>What its last check found</h3>
    ${claim.findings.length ? html`<${Reasons} reasons=${claim.findings} />` : html`<p class="quiet">Nothing that stood against it.</p>`}
    ${claim.matches.length > 0 && html`<ul class="plain-list">${claim.matches.map((hit) => html`<li key=${hit.ref} class="break">${hit.similarity.toFixed(2)} · ${hit.title || hit.ref}</li>`)}</ul>`}</section>`;
}

function TrackBadge({ claim }) {
  const state = told({ status: claim.track_status, reasons: claim.state === "removed" ? [{ code: "claim_upheld" }] : [] });
  return html`<${Badge} tone=${state.tone}>${state.label}<//>`;
}

function Steps({ claim, path, reload }) {
  if (claim.ended) return html`<${Notice} tone="off" title="Ended.">${claim.reason}<//>`;
  const output = Boolean(claim.output_id), it = output ? "output" : "track";
  return html`
    ${claim.reason && html`<${Notice} tone="note" title="Said at screening.">${claim.reason}<//>`}
    ${!claim.track_id && !output && html`<${NameTrack} path=${path} reload=${reload} />`}
    ${claim.state === "confirmed" && html`<${Decide} key="screen" title="Screen it" it=${it} to=${`/claims/${path}/screening`} reload=${reload} options=${[
      ["unfounded", "Unfounded", `It ends, and the ${it} is free again at once.`], ["examine", "Examine it", "It needs a closer look. The owner is asked to answer."]]} />`}
    ${["examined", "negotiating"].includes(claim.state) && html`<${Decide} key="decide" title="Decide" it=${it} to=${`/claims/${path}/decision`} findings=${claim.findings_sha256} reload=${reload} options=${[
      ...(output
        ? [["keep", "Let go of the output", "It can be checked again and then released."], ["remove", "Withdraw the output", "No check releases it again, and its licence ends."]]
        : [["keep", "Keep the track", "It goes back into the vault."], ["remove", "Remove the track", "It leaves the vault for good."]]),
      ...(claim.state === "examined" ? [["negotiate", "Give them time", "Both sides may agree; the lock stays."]] : []), ["negotiated", "They agreed", `Say below whether the ${it} stays.`]]} />`}`;
}

function NameTrack({ path, reload }) {
  const [track, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/claims/${path}/track`, { track_id: track.trim() }))) announce("The track is locked.");
    reload();
  };
  return html`
    <form class="card stack" onSubmit=${send}><h2>Name the track</h2>
      <${ProblemNotice} problem=${action.problem} />
      <${Field} label="Track id" hint="It is locked at once." required value=${track} onInput=${set} placeholder="trk_…" />
      <p><${Button} type="submit" busy=${action.busy}>Name and lock it<//></p></form>`;
}

function Decide({ title, to, it, findings, options, reload }) {
  const [outcome, choose] = useState("");
  const [reason, set] = useState("");
  const [stays, keep] = useState(true);
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const ask = { outcome, reason: reason.trim(), ...(findings ? { findings_sha256: findings } : {}), ...(outcome === "negotiated" ? { track_stays: stays } : {}) };
    if (await action.run(() => post(to, ask))) announce("Recorded.");
    reload();
  };
  return html`
    <form class="card stack" onSubmit=${send}>
      <${ProblemNotice} problem=${action.problem} />
      <${Choice} legend=${html`<span class="h3">${title}</span>`} name="outcome" value=${outcome} onChange=${choose} options=${options} />
      ${outcome === "negotiated" && html`<${Tick} label=${`The ${it} stays`} checked=${stays} onChange=${keep} />`}
      <${Field} as="textarea" label="Why" hint="Both sides read it. At least 10 characters." required minlength="10" maxlength="4000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!outcome}>Record it<//></p>
    </form>`;
}

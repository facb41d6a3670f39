/** One track, for its owner: where it stands, why, and everything that can be done about it. */
import { get, Problem } from "../api.js";
import { clock } from "../format.js";
import { useData } from "../hooks.js";
import { html, useEffect, useRef } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Check } from "../ui/checks.js";
import { History } from "../ui/history.js";
import { Badge, Loaded, Time } from "../ui/parts.js";
import { Reasons } from "../ui/reasons.js";
import { isMoving, told } from "../words.js";
import { AppealBox } from "./track-appeal.js";
import { TrackClaims } from "./track-claims.js";
import { Allowed } from "./track-consent.js";
import { Correct } from "./track-correct.js";
import { Questions } from "./track-questions.js";
import { TakeBack } from "./track-revoke.js";
import { Runs } from "./track-runs.js";

const orNone = (problem) => {
  if (problem instanceof Problem && [403, 404, 409].includes(problem.status)) return null;
  throw problem;
};

async function load(id) {
  const [track, status, asked] = await Promise.all([
    get(`/tracks/${id}`), get(`/tracks/${id}/status`), get(`/review/${id}/questions`),
  ]);
  const appeal = track.appeal_used || track.status === "dispute_pending" ? await get(`/tracks/${id}/appeal`).catch(orNone) : null;
  const { claims } = await get(`/tracks/${id}/claims`);
  return { track, history: status.history, questions: asked.questions, appeal, claims };
}

export function Track({ id }) {
  const path = encodeURIComponent(id);
  const state = useData(() => load(path), [id], (found) => (found && isMoving(found.track) ? 2000 : 15_000));
  return html`<${Loaded} state=${state} lines=${8} title="Track">${(found) => html`<${Shown} ...${found} path=${path} reload=${state.reload} />`}<//>`;
}

function Shown({ track, history, questions, appeal, claims, path, reload }) {
  const state = told(track);
  const before = useRef(state.label);
  useEffect(() => {
    if (before.current !== state.label) announce(`Now: ${state.title}`);
    before.current = state.label;
  }, [state.label]);
  const mine = track.owner === session()?.account.account_id;
  const missed = new Set(track.reasons.filter((reason) => reason.code === "source_not_checked").flatMap((reason) => reason.refs));
  const open = questions.filter((one) => one.answer === null);
  return html`
    <p class="small"><a href="#/tracks">My tracks</a></p>
    <header class="track-head">
      <h1 class="break">${track.metadata.title}</h1>
      <p class="row"><${Badge} tone=${state.tone} live=${state.live}>${state.label}<//>
        <span class="quiet">${track.metadata.artist_display_name}${track.duration_s ? ` · ${clock(track.duration_s)}` : ""} · given <${Time} iso=${track.submitted} /></span></p>
    </header>
    <div class="stack loose">
      <section class=${`card state-card tone-edge-${state.tone}`} aria-labelledby="state">
        <h2 id="state">${state.title}</h2>
        <p>${state.says}</p>
        <${Reasons} reasons=${track.reasons} />
      </section>
      ${mine && open.length > 0 && html`<${Questions} path=${path} questions=${questions} reload=${reload} />`}
      ${mine && html`<${TrackClaims} claims=${claims} path=${path} reload=${reload} />`}
      ${mine && html`<${AppealBox} track=${track} appeal=${appeal} path=${path} reload=${reload} />`}
      ${track.evidence.length > 0 && html`
        <section class="card" aria-labelledby="checks">
          <h2 id="checks">What the checks found</h2>
          <div class="checks">${track.evidence.map((report) => html`<${Check} key=${report.source} report=${report} seconds=${track.duration_s} needed=${missed.has(report.source.split(":")[0])} />`)}</div>
        </section>`}
      ${track.rights && html`<${Allowed} track=${track} path=${path} mine=${mine} reload=${reload} />`}
      ${mine && open.length === 0 && questions.length > 0 && html`<${Questions} path=${path} questions=${questions} reload=${reload} />`}
      ${mine && html`<${Correct} track=${track} path=${path} reload=${reload} />`}
      <${Runs} path=${path} />
      <section class="card" aria-labelledby="history"><h2 id="history">History</h2><${History} rows=${history} /></section>
      ${mine && html`<${TakeBack} track=${track} path=${path} reload=${reload} />`}
      <p class="small quiet break">Track id: <code>${track.track_id}</code></p>
    </div>`;
}

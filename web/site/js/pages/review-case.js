/** One track for its reviewers: everything that is known, and the vote. */
import { get, post, Problem } from "../api.js";
import { at, shortId, span } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useEffect, useRef } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Evidence } from "../ui/evidence.js";
import { History } from "../ui/history.js";
import { Listen } from "../ui/listen.js";
import { Badge, Button, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { Reasons } from "../ui/reasons.js";
import { told } from "../words.js";
import { Notes } from "./review-notes.js";
import { AppealCase } from "./review-appeal.js";
import { Ballot, Votes } from "./review-vote.js";

async function load(path) {
  const [found, track] = await Promise.all([get(`/review/${path}`), get(`/tracks/${path}`)]);
  const disputed = ["dispute_pending", "rejected_final"].includes(found.status) || found.history.some((row) => row.trigger === "appeal_upheld");
  const appeal = disputed ? await get(`/tracks/${path}/appeal`).catch((problem) => {
    if (problem instanceof Problem && problem.status === 404) return null;
    throw problem;
  }) : null;
  return { found, appeal, seconds: track.duration_s };
}

export function ReviewCase({ id }) {
  const path = encodeURIComponent(id);
  const state = useData(() => load(path), [id], () => 20_000);
  return html`
    <p class="small"><a href="#/review">Review</a></p>
    <${Loaded} state=${state} lines=${10} title="Evidence">${({ found, appeal, seconds }) => html`<${Case} found=${found} appeal=${appeal} seconds=${seconds} path=${path} reload=${state.reload} />`}<//>`;
}

function Case({ found, appeal, seconds, path, reload }) {
  const state = told(found);
  return html`
    <header class="track-head">
      <h1 class="break">${found.title}</h1>
      <p class="row"><${Badge} tone=${state.tone} live=${state.live}>${state.label}<//>
        <${Badge} tone=${found.flagged ? "wait" : "off"}>${found.flagged ? "Flagged" : "Unflagged"}<//>
        <span class="quiet">${found.artist} · submitted ${at(found.submitted)} by ${shortId(found.submitter)} · open for ${span(found.open_for_s)}</span></p>
      <${Changed} sha=${found.evidence_sha256} />
    </header>
    <div class="case">
      <div class="stack loose">
        <section class="card" aria-labelledby="why"><h2 id="why">Why it is here</h2><${Reasons} reasons=${found.reasons} />
          ${found.declared.length > 0 && html`<p class="quiet small">Declared by its owner:</p><${Reasons} reasons=${found.declared} />`}</section>
        <${Evidence} sources=${found.sources} trackId=${found.track_id} seconds=${seconds} listen=${Listen} />
        <${About} found=${found} />
        <${Talk} questions=${found.questions} />
        <${Notes} notes=${found.notes} path=${path} reload=${reload} />
        <section class="card" aria-labelledby="history"><h2 id="history">History</h2><${History} rows=${found.history} /></section>
      </div>
      <aside class="stack case-side" aria-label="Decision">
        ${appeal && html`<${AppealCase} appeal=${appeal} path=${path} reload=${reload} />`}
        ${(!appeal || appeal.outcome === "upheld") && html`<${Hold} found=${found} path=${path} reload=${reload} /><${Ballot} found=${found} path=${path} reload=${reload} />`}
        <${Votes} found=${found} />
      </aside>
    </div>`;
}

/** A vote names the evidence that was seen; say so when it has changed under the reader's eyes. */
function Changed({ sha }) {
  const first = useRef(sha);
  const changed = first.current !== sha;
  useEffect(() => {
    if (changed) announce("The evidence changed. Read it again.");
  }, [changed]);
  return changed ? html`<${Notice} tone="wait" title="The evidence changed while you were here.">Read it again before you vote.<//>` : null;
}

function Hold({ found, path, reload }) {
  const action = useAction();
  const mine = found.claimed_by === session()?.account.account_id;
  const hold = () => action.run(async () => {
    await post(`/review/${path}/claim`);
    announce("You hold this track now.");
    reload();
  });
  if (found.status !== "pending_review" || found.approval) return null;
  return html`
    <section class="card stack tight" aria-labelledby="hold">
      <h2 id="hold">${mine ? "You hold this track" : found.claimed_by ? "Somebody holds it" : "Nobody holds it"}</h2>
      <p class="quiet">${mine ? `Until ${at(found.claimed_until)}. Others can't vote meanwhile.` : found.claimed_by
        ? `${shortId(found.claimed_by)} works on it until ${at(found.claimed_until)}.` : "Hold it while you look, so that nobody does the same work."}</p>
      <${ProblemNotice} problem=${action.problem} />
      ${(mine || !found.claimed_by) && html`<p><${Button} kind="small" busy=${action.busy} onClick=${hold}>${mine ? "Hold it longer" : "Hold it"}<//></p>`}
    </section>`;
}

const About = ({ found }) => {
  const { metadata: music } = found;
  const facts = [
    ["Genres", music.genre_tags.join(", ")], ["Moods", music.mood_tags.join(", ")], ["Language", music.language],
    ["Released", music.release_status.replaceAll("_", " ")], ["Year", music.year], ["With", music.collaborator_names.join(", ")],
    ["Policy", found.policy && `version ${found.policy}`], ["Track", found.track_id],
  ];
  return html`
    <section class="card stack" aria-labelledby="about"><h2 id="about">What was submitted</h2>
      <dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>
    </section>`;
};

const Talk = ({ questions }) => questions.length === 0 ? null : html`
  <section class="card stack" aria-labelledby="talk"><h2 id="talk">Questions to the owner</h2>
    ${questions.map((one) => html`<div key=${one.number} class="said-box stack tight">
      <p class="break"><b>${one.question}</b> <span class="quiet small">${at(one.asked)}</span></p>
      <p class="break">${one.answer ?? html`<span class="quiet">No answer yet. The clock stands still.</span>`}</p></div>`)}
  </section>`;

/** How it works: each promise beside what holds it up. */
import { html } from "../lib.js";

const PROMISES = [
  ["Your audio is never handed out", "There is no download of originals. A training job reads one track at a time, through a link that lives for a minute at most, under a token for that one run."],
  ["Taking back works at once", "Consent is looked up at every single read. A job that was allowed a second ago is refused now. You get a signed receipt of the runs that had the track before."],
  ["Nothing enters unseen", "Every track is compared with the vault and with outside catalogues by several detectors, each with a measured rate of false alarms. A source that could not be asked never counts as clean; then a person looks."],
  ["People decide what machines can't", "Reviewers see every matching passage, vote on exactly that evidence, and never on their own work. A rejection can be appealed; somebody else decides."],
  ["Generated music is checked", "Before a generated piece leaves, it is compared with the vault. What comes too close is blocked."],
  ["Rules change in the open", "Every threshold and deadline is part of a numbered policy. Each change names who made it, why, and what it changes."],
  ["You can check us", "Every decision and every read is an entry in a signed log that anyone can verify, without names in it."],
];

export const How = () => html`
  <div class="stack loose">
    <div class="stack">
      <h1>How it works</h1>
      <p class="lead">Promises are easily made. Here is what holds each of ours up.</p>
    </div>
    <ul class="plain-list grid">${PROMISES.map(([title, text]) => html`<li key=${title} class="card stack tight"><h2 class="h3">${title}</h2><p class="quiet">${text}</p></li>`)}</ul>
    <div class="card sunk stack">
      <h2>What it can't do</h2>
      <p>A model that was trained before you took a track back does not forget it. We keep the list of such models, and your receipt names them. The checks find copies and close resemblance; they can't prove that a work is original. This page explains how the system behaves, and is no legal advice.</p>
      <p class="row"><a class="button" href="#/terms">Read the contribution terms</a></p>
    </div>
  </div>`;

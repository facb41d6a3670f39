/** My tracks: one line each, live while something moves. */
import { all } from "../api.js";
import { clock } from "../format.js";
import { useData } from "../hooks.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Badge, Cut, Empty, Loaded, ProblemNotice, Time } from "../ui/parts.js";
import { isMoving, told } from "../words.js";

const GROUPS = [
  ["all", "All", () => true],
  ["moving", "Under way", (track) => isMoving(track) || track.status === "pending_review" || track.status === "dispute_pending"],
  ["in", "In the vault", (track) => track.status === "accepted"],
  ["stopped", "Not accepted", (track) => ["rejected", "rejected_final", "under_investigation"].includes(track.status)],
  ["back", "Taken back", (track) => track.status === "removed"],
];

export function Tracks() {
  const state = useData(() => all("/contributors/me/tracks", "tracks"), [], (tracks) => (tracks?.some(isMoving) ? 2500 : 20_000));
  const [group, setGroup] = useState("all");
  useNews(state.data);
  return html`
    <div class="stack">
      <div class="row apart">
        <h1>My tracks</h1>
        <span class="row"><a href="#/releases">My releases</a><a class="button main" href="#/submit">Give tracks</a></span>
      </div>
      <${Loaded} state=${state} lines=${6}>${(tracks) => tracks.length
        ? html`
          ${tracks.length > 3 && html`<div class="pills" role="group" aria-label="Show">${GROUPS.map(([key, name, belongs]) => html`
            <button key=${key} type="button" class="pill" aria-pressed=${group === key} onClick=${() => setGroup(key)}>${name} <span class="small">${tracks.filter(belongs).length}</span></button>`)}</div>`}
          <${List} tracks=${tracks.filter(GROUPS.find(([key]) => key === group)?.[2] ?? (() => true))} />`
        : html`<${Empty} title="No tracks yet" action=${html`<a class="button main" href="#/submit">Give your first track</a>`}>
            Once you give one, you see here how it is checked, what was found, and who used it.<//>`}<//>
      <${Held} />
    </div>`;
}

const List = ({ tracks }) => tracks.length
  ? html`<ul class="plain-list card list-card track-list">${tracks.map((track) => html`<li key=${track.track_id}><${Line} track=${track} /></li>`)}</ul>`
  : html`<p class="card quiet">None of your tracks stand here.</p>`;

function Line({ track }) {
  const state = told(track);
  return html`
    <a class="track-row" href=${`#/tracks/${track.track_id}`}>
      <b>${track.metadata.title}</b>
      <${Badge} tone=${state.tone} live=${state.live}>${state.label}<//>
      <span class="sub">${track.metadata.artist_display_name}${track.duration_s ? ` · ${clock(track.duration_s)}` : ""} · given <${Time} iso=${track.submitted} /></span>
    </a>`;
}

/** Tracks that others gave, in which one holds rights. */
function Held() {
  const state = useData(() => all("/contributors/me/consents", "tracks"), []);
  if (!state.data?.length) return html`<${ProblemNotice} problem=${state.problem} retry=${state.reload} />`;
  return html`
    <section class="stack section-gap" aria-labelledby="held"><h2 id="held">Given by others, with your consent</h2>
      <${Cut} of=${state.data} />
      <ul class="plain-list card list-card track-list">${state.data.map((track) => html`<li key=${track.track_id}>
        <a class="track-row" href=${`#/consent/${track.track_id}`}><b>${track.title}</b><${Badge} tone=${told(track).tone}>${told(track).label}<//>
          <span class="sub">${track.artist} · you consented <${Time} iso=${track.since} /></span></a></li>`)}</ul>
    </section>`;
}

/** Tell changes of status to people who do not see the badges change. */
function useNews(tracks) {
  const before = useRef(null);
  useEffect(() => {
    if (!tracks) return;
    const now = new Map(tracks.map((track) => [track.track_id, told(track).label]));
    for (const track of tracks) {
      const was = before.current?.get(track.track_id);
      if (was && was !== now.get(track.track_id)) announce(`${track.metadata.title}: ${now.get(track.track_id)}.`);
    }
    before.current = now;
  }, [tracks]);
}

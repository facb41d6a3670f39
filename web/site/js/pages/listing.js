/** What is in the vault, by title and artist; and asking that somebody look at a track. */
import { get, post } from "../api.js";
import { onDay } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useEffect, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Button, Empty, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { ABOUT } from "../words-flags.js";

export function Listing() {
  const [asked, ask] = useState("");
  const [artist, set] = useState("");
  const [more, setMore] = useState([]);
  const state = useData(() => get("/listing", { artist, limit: 50 }), [artist]);
  const next = useAction();
  useEffect(() => setMore([]), [artist]);
  const cursor = more.length ? more.at(-1).cursor : state.data?.cursor;
  const tracks = [...(state.data?.tracks ?? []), ...more.flatMap((page) => page.tracks)];
  const load = () => next.run(async () => {
    const page = await get("/listing", { artist, limit: 50, cursor });
    setMore((old) => [...old, page]);
    announce(`${page.tracks.length} more.`);
  });
  const find = (event) => {
    event.preventDefault();
    set(asked.trim());
  };
  return html`
    <div class="stack">
      <div class="stack tight"><h1>What is in the vault</h1><p class="lead">Titles and artists, never the recordings. If something here is not what it says, ask that somebody look at it.</p></div>
      <form onSubmit=${find}><div class="row bottom"><div class="grow"><${Field} label="Artist" optional hint="The exact name." maxlength="200" value=${asked} onInput=${ask} /></div><${Button} type="submit">Show<//></div></form>
      <${Loaded} state=${state} lines=${6}>${() => tracks.length
        ? html`<ul class="plain-list card list-card">${tracks.map((track) => html`<li key=${track.track_id} class="message stack tight"><${Entry} track=${track} /></li>`)}</ul>`
        : html`<${Empty} title="Nothing to see here">${artist ? "No track of this artist is in the vault." : "No track is in the vault yet."}<//>`}<//>
      <${ProblemNotice} problem=${next.problem} />
      ${cursor && html`<p><${Button} busy=${next.busy} onClick=${load}>Show more<//></p>`}
    </div>`;
}

const Entry = ({ track }) => html`
  <div><b class="break">${track.title}</b><div class="quiet small">${track.artist} · ${track.genres.join(", ")} · given on ${onDay(track.submitted)}</div></div>
  <details><summary class="small">Flag it<span class="hidden">: ${track.title}</span></summary><${FlagForm} track=${track} /></details>`;

function FlagForm({ track }) {
  const [about, choose] = useState("infringement");
  const [words, set] = useState("");
  const [sent, done] = useState(false);
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/tracks/${track.track_id}/flags`, { about, words: words.trim() }))) {
      announce("Thank you. A reviewer looks at it.");
      done(true);
    }
  };
  if (sent) return html`<${Notice} tone="good" title="Thank you.">A reviewer looks at it. Nothing happens to the track until a person has judged.<//>`;
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Choice} legend="What is the matter?" name=${`about-${track.track_id}`} value=${about} onChange=${choose} options=${Object.entries(ABOUT)} />
      <${Field} as="textarea" label="In your words" hint="Reviewers read it, nobody else. At least 10 characters." required minlength="10" maxlength="1000" value=${words} onInput=${set} />
      <p class="small quiet">Is it your own work that was copied? <a href="#/report">Report an infringement</a> instead: that locks the track at once.</p>
      <p><${Button} type="submit" busy=${action.busy}>Send the flag<//></p></form>`;
}

/** Tracks that wait for a person. */
import { get } from "../api.js";
import { onDay, shortId, span } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useEffect, useState } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, Empty, Loaded, ProblemNotice } from "../ui/parts.js";
import { reasonTitle } from "../words.js";

const HITS = [["", "Any"], ["external", "A known recording"], ["internal", "A track of the vault"], ["none", "No match"]];
const FLAGS = ["near_duplicate", "weak_external_match", "melody_of_vault_track", "melody_of_known_work", "source_not_checked", "cover", "third_party_samples", "not_original", "inconsistent_metadata", "awaiting_reviewer"];
const AGES = [["", "Any age"], ["24", "Over a day"], ["72", "Over three days"], ["168", "Over a week"]];
const NONE = { hit: "", flag: "", older_than_h: "", submitter: "" };

export function ReviewQueue({ query }) {
  const [asked, set] = useState(() => ({ ...NONE, ...Object.fromEntries([...query].filter(([name]) => name in NONE)) }));
  const [more, setMore] = useState([]);
  const state = useData(() => get("/review/queue", { ...asked, limit: 25 }), [JSON.stringify(asked)], () => 30_000);
  const next = useAction();
  const cursor = more.length ? more.at(-1).cursor : state.data?.cursor;
  const tracks = [...(state.data?.tracks ?? []), ...more.flatMap((page) => page.tracks)];
  useEffect(() => setMore([]), [JSON.stringify(asked)]);
  const change = (name) => (value) => set((old) => ({ ...old, [name]: value }));
  const load = () => next.run(async () => {
    const page = await get("/review/queue", { ...asked, limit: 25, cursor });
    setMore((old) => [...old, page]);
    announce(`${page.tracks.length} more.`);
  });
  return html`
    <div class="stack">
      <h1>Review</h1>
      <details class="card flat filters" open=${Boolean(asked.hit || asked.flag || asked.older_than_h || asked.submitter)}>
        <summary>Filters</summary>
        <div class="grid" style=${{ "--least": "12rem" }}>
          <${Field} as="select" label="It resembles" value=${asked.hit} onInput=${change("hit")}>${HITS.map(([key, name]) => html`<option key=${key} value=${key}>${name}</option>`)}<//>
          <${Field} as="select" label="Reason" value=${asked.flag} onInput=${change("flag")}>
            <option value="">Any</option>${FLAGS.map((code) => html`<option key=${code} value=${code}>${reasonTitle(code)}</option>`)}<//>
          <${Field} as="select" label="Age" value=${asked.older_than_h} onInput=${change("older_than_h")}>${AGES.map(([key, name]) => html`<option key=${key} value=${key}>${name}</option>`)}<//>
          <${Field} label="Submitter" placeholder="acc_…" value=${asked.submitter} onChange=${(event) => change("submitter")(event.target.value.trim())} />
        </div>
      </details>
      <${Loaded} state=${state} lines=${6}>${() => tracks.length
        ? html`<ul class="plain-list card list-card track-list">${tracks.map((track) => html`<li key=${track.track_id}><${Line} track=${track} /></li>`)}</ul>`
        : html`<${Empty} title="Nothing waits here">No track waits for a person, as far as these filters go. Your own tracks never show.<//>`}<//>
      <${ProblemNotice} problem=${next.problem} />
      ${cursor && html`<p><${Button} busy=${next.busy} onClick=${load}>Look for more<//></p>`}
    </div>`;
}

function Line({ track }) {
  const held = track.claimed_by && (track.claimed_by === session()?.account.account_id ? "You hold it" : `Held by ${shortId(track.claimed_by)}`);
  return html`
    <a class="track-row" href=${`#/review/${track.track_id}`}>
      <b>${track.title}</b>
      <span class="row end">
        ${track.waits_for_owner_since && html`<${Badge} tone="off">Owner was asked<//>`}
        ${held && html`<${Badge} tone="note">${held}<//>`}
        <${Badge} tone=${track.flagged ? "wait" : "off"}>${track.flagged ? "Flagged" : "Unflagged"}<//></span>
      <span class="sub">${track.artist} · open for ${span(track.open_for_s)}, since ${onDay(track.submitted)} · needs ${track.needed} of one mind</span>
      <span class="sub">${track.reasons.map((reason) => reasonTitle(reason.code)).join("; ")}</span>
    </a>`;
}

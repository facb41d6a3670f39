/** Training packs: fixed lists of tracks that runs name, and how much of each may still be used. */
import { get } from "../api.js";
import { count, onDay, shortId, span } from "../format.js";
import { useData } from "../hooks.js";
import { html } from "../lib.js";
import { is } from "../session.js";
import { Badge, Empty, Loaded } from "../ui/parts.js";
import { LEFT, PURPOSES } from "../words-training.js";

export function Packs() {
  const state = useData(() => get("/packs"), []);
  return html`
    <div class="stack">
      <div class="stack tight"><h1>Packs</h1><p class="lead">A pack is a fixed list of tracks, each with the consent that its owners had given. A track that is taken back drops out of every later use of it.</p></div>
      <${Loaded} state=${state} lines=${5}>${(found) => html`
        <p class="quiet">Beside these, a run may name <code>${found.live}</code>: the vault as it is at that moment.</p>
        ${found.packs.length
          ? found.packs.map((one) => html`<${Pack} key=${one.pack} one=${one} />`)
          : html`<${Empty} title="No pack was built yet">Admins build them. Each version then shows here.<//>`}`}<//>
    </div>`;
}

const Pack = ({ one }) => html`
  <section class="card stack" aria-labelledby=${`pack-${one.name}`}>
    <div class="row apart"><h2 id=${`pack-${one.name}`} class="break">${one.name}, version ${one.number}</h2><${Badge} tone=${one.state === "frozen" ? "good" : "off"}>${one.state === "frozen" ? "Frozen" : "Draft"}<//></div>
    <p>${count(one.members, "track")} of ${count(one.contributors, "contributor")}, ${span(one.seconds)} of music, for ${PURPOSES[one.query.purpose] ?? one.query.purpose}.</p>
    ${one.reason && html`<p class="break quiet">${one.reason}</p>`}
    <dl class="facts small"><dt>Built</dt><dd>${onDay(one.built)}</dd>${one.frozen && html`<dt>Frozen</dt><dd>${onDay(one.frozen)}</dd>`}
      <dt>Fingerprint</dt><dd><code title=${one.members_sha256}>${shortId(one.members_sha256)}</code></dd></dl>
    ${is("reviewer") && html`<details><summary>What of it may be used now</summary><${Now} one=${one} /></details>`}
  </section>`;

function Now({ one }) {
  const state = useData(() => get(`/packs/${encodeURIComponent(one.name)}/${one.number}/now`), [one.pack]);
  return html`<${Loaded} state=${state} lines=${2}>${(found) => html`
    <p>${found.usable} of ${count(found.members, "track")}: ${found.summary}.${found.rights_changed ? ` Of ${count(found.rights_changed, "usable track")} the consent has changed since.` : ""}</p>
    ${Object.keys(found.left_out).length > 0 && html`<ul>${Object.entries(found.left_out).map(([why, how]) => html`<li key=${why}>${LEFT[why] ?? why.replaceAll("_", " ")}: ${how}</li>`)}</ul>`}`}<//>`;
}

/** Every source with every hit: spans drawn, scores per detector, and under which versions it was found. */
import { at, clock, count, percent } from "../format.js";
import { html } from "../lib.js";
import { howAlike, sourceTitle } from "../words.js";
import { nameOf } from "./checks.js";
import { Badge } from "./parts.js";
import { Spans, alteration } from "./spans.js";

export const Evidence = ({ sources, trackId, seconds, listen }) => html`
  <section class="card stack" aria-labelledby="evidence">
    <h2 id="evidence">The evidence</h2>
    ${sources.map((report) => html`<${Source} key=${report.source} report=${report} trackId=${trackId} seconds=${seconds} listen=${listen} />`)}
  </section>`;

function Source({ report, trackId, seconds, listen }) {
  const made = report.status === "checked";
  return html`
    <article class="source stack tight">
      <div class="row apart"><h3>${sourceTitle(report.source)}</h3>
        <${Badge} tone=${!made ? "wait" : report.max_similarity >= 0.7 ? "bad" : report.max_similarity >= 0.4 ? "wait" : "good"}>${made ? percent(report.max_similarity) : "Not checked"}<//></div>
      <p class="quiet small">${made ? `${report.tracks_searched === null ? "" : `${count(report.tracks_searched, "recording")} searched. `}Closest: ${howAlike(report.max_similarity)}.` : report.reason}</p>
      ${report.hits.map((hit) => html`<${Hit} key=${hit.ref} hit=${hit} source=${report.source} trackId=${trackId} seconds=${seconds} listen=${listen} />`)}
      <details><summary class="small">Versions</summary>
        <dl class="facts small"><dt>Asked</dt><dd>${at(report.at)}</dd>
          ${report.snapshot && html`<dt>Snapshot</dt><dd><code>${report.snapshot}</code></dd>`}
          ${report.calibration && html`<dt>Calibration</dt><dd><code>${report.calibration}</code></dd>`}
          ${Object.keys(report.settings).length > 0 && html`<dt>Settings</dt><dd>${Object.entries(report.settings).map(([name, value]) => `${name} ${value}`).join(", ")}</dd>`}</dl></details>
    </article>`;
}

function Hit({ hit, source, trackId, seconds, listen: Listen }) {
  return html`
    <div class="hit stack tight">
      <p class="row apart"><b class="break">${nameOf(hit)}</b><span>${hit.same_audio ? "the same sound" : percent(hit.similarity)}, ${Math.round(hit.overlap_s)} s alike, ${percent(hit.coverage)} of the track</span></p>
      ${hit.spans.length > 0 && html`<${Spans} spans=${hit.spans} seconds=${seconds} refName=${nameOf(hit)} />`}
      ${hit.spans.length > 0 && html`
        <div class="scroll" tabindex="0" role="region" aria-label=${`Matching passages with ${nameOf(hit)}`}><table>
          <caption class="hidden">Matching passages with ${nameOf(hit)}</caption>
          <thead><tr><th scope="col">This track</th><th scope="col">Reference</th><th scope="col">Altered</th><th scope="col" class="num">Score</th></tr></thead>
          <tbody>${hit.spans.map((span, n) => html`<tr key=${n}>
            <td class="nowrap">${clock(span.query_start)} – ${clock(span.query_end)}</td><td class="nowrap">${clock(span.ref_start)} – ${clock(span.ref_end)}</td>
            <td>${alteration(span) || "no"}</td><td class="num">${span.score.toFixed(2)}</td></tr>`)}</tbody>
        </table></div>`}
      ${Listen && hit.spans.length > 0 && html`<${Listen} hit=${hit} source=${source} trackId=${trackId} />`}
      <p class="small quiet">By ${hit.detector}. ${Object.entries(hit.detectors).map(([name, value]) => `${name} ${value.toFixed(2)}`).join(", ")}</p>
    </div>`;
}

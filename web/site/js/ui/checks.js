/** What each source said of a track, in words. */
import { count, percent, shortId } from "../format.js";
import { html } from "../lib.js";
import { howAlike, sourceTitle } from "../words.js";
import { Icon } from "./art.js";
import { Spans, inTimes } from "./spans.js";

/** @param {{report: any, seconds: number, weak?: number, needed?: boolean}} about `weak`: similarity from which a finding counts */
export function Check({ report, seconds, weak = 0.4, needed = false }) {
  if (report.status !== "checked") {
    return html`
      <div class="check"><${Icon} name="wait" />
        <div><h3>${sourceTitle(report.source)}</h3>
          <p>Not asked: ${report.reason || "no reason was given"}.${needed ? " It is required, and a check that was not made never counts as clean." : ""}</p></div>
      </div>`;
  }
  const found = report.hits.filter((hit) => hit.same_audio || hit.similarity >= weak);
  const searched = report.tracks_searched === null ? "Compared" : `Compared with ${count(report.tracks_searched, "recording")}`;
  return html`
    <div class="check"><${Icon} name=${found.length ? "warn" : "good"} />
      <div>
        <h3>${sourceTitle(report.source)}</h3>
        <p>${searched}. ${found.length ? `${count(found.length, "recording")} came close.` : "Nothing came close."}</p>
        ${found.slice(0, 5).map((hit) => html`<${Hit} key=${hit.ref} hit=${hit} seconds=${seconds} />`)}
      </div>
    </div>`;
}

export const nameOf = (hit) => (hit.title ? `“${hit.title}”${hit.artist ? ` by ${hit.artist}` : ""}` : hit.ref.startsWith("trk_") ? `track ${shortId(hit.ref)} of the vault` : hit.ref);

function Hit({ hit, seconds }) {
  return html`
    <div class="stack tight hit">
      <p><b class="break">${nameOf(hit)}</b>: ${hit.same_audio ? "the very same sound" : `${percent(hit.similarity)}, ${howAlike(hit.similarity)}`}.</p>
      ${hit.spans.length > 0 && html`
        <${Spans} spans=${hit.spans} seconds=${seconds} refName=${nameOf(hit)} />
        <details><summary>Times of ${count(hit.spans.length, "passage")}</summary>
          <ul>${hit.spans.map((span, n) => html`<li key=${n}>${inTimes(span)}</li>`)}</ul></details>`}
    </div>`;
}

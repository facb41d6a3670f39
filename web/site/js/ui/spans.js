/** Where two recordings match: the track above, the reference below, ribbons between the passages that are alike. */
import { clock } from "../format.js";
import { html } from "../lib.js";

const WIDTH = 720, LANE = 20, LOW = 80;

/**
 * @param {{spans: any[], seconds: number, refName: string, onPlay?: (span: any) => void}} about
 *   `seconds`: length of the track, or 0 where it is not known
 */
export function Spans({ spans, seconds, refName }) {
  const here = Math.max(seconds || 0, ...spans.map((span) => span.query_end), 1);
  const first = Math.min(0, ...spans.map((span) => span.ref_start));
  const there = Math.max(...spans.map((span) => span.ref_end), first + 1) - first;
  const x = (second) => (second / here) * WIDTH;
  const y = (second) => ((second - first) / Math.max(there, here)) * WIDTH;
  const label = `${spans.length} matching passage${spans.length === 1 ? "" : "s"} between this track and ${refName}; the list below gives their times.`;
  return html`
    <p class="small quiet">This track, ${clock(here)}</p>
    <svg class="spans" viewBox=${`0 0 ${WIDTH} ${LOW + LANE}`} preserveAspectRatio="none" role="img" aria-label=${label}>
      <rect class="lane" x="0.5" y="0.5" width=${WIDTH - 1} height=${LANE - 1} />
      <rect class="lane" x="0.5" y=${LOW} width=${Math.max(8, y(first + there) - 1)} height=${LANE - 1} />
      ${spans.map((span, n) => html`
        <g key=${n}>
          <path class="tie" d=${`M${x(span.query_start)} ${LANE} L${x(span.query_end)} ${LANE} L${y(span.ref_end)} ${LOW} L${y(span.ref_start)} ${LOW}Z`} />
          <rect class="here" x=${x(span.query_start)} y="0" width=${Math.max(3, x(span.query_end) - x(span.query_start))} height=${LANE} />
          <rect class="there" x=${y(span.ref_start)} y=${LOW} width=${Math.max(3, y(span.ref_end) - y(span.ref_start))} height=${LANE} />
        </g>`)}
    </svg>
    <p class="small quiet break">${refName}</p>`;
}

export const inTimes = (span) => `${clock(span.query_start)}–${clock(span.query_end)} here, ${clock(span.ref_start)}–${clock(span.ref_end)} there`;

/** What is altered in a passage, in words: faster, slower, higher, lower. */
export function alteration(span) {
  const tempo = Math.round((span.tempo_factor - 1) * 100), pitch = Math.round(span.pitch_semitones);
  const said = [];
  if (tempo) said.push(`${Math.abs(tempo)} % ${tempo > 0 ? "faster" : "slower"}`);
  if (pitch) said.push(`${Math.abs(pitch)} semitone${Math.abs(pitch) === 1 ? "" : "s"} ${pitch > 0 ? "higher" : "lower"}`);
  return said.join(", ");
}

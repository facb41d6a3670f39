/** Plain plots: bars with their numbers beside them, so that nothing depends on seeing a colour or a length. */
import { html } from "../lib.js";

/** @param {{title: string, rows: [string, number][], unit?: string}} about */
export function Bars({ title, rows, unit = "" }) {
  const most = Math.max(1, ...rows.map(([, value]) => value));
  return html`
    <table class="bars">
      <caption>${title}</caption>
      <thead class="hidden"><tr><th scope="col">What</th><th scope="col">Count</th></tr></thead>
      <tbody>${rows.map(([name, value]) => html`
        <tr key=${name}><th scope="row">${name}</th>
          <td><span class="bar-line" aria-hidden="true"><span style=${{ width: `${(value / most) * 100}%` }}></span></span><span class="bar-value">${value}${unit}</span></td></tr>`)}</tbody>
    </table>`;
}

/** Months as stacked columns. @param {{title: string, months: [string, [string, number, string][]][]}} about [name, [label, count, tone][]][] */
export function Columns({ title, months }) {
  const totals = months.map(([, parts]) => parts.reduce((sum, [, count]) => sum + count, 0));
  const most = Math.max(1, ...totals);
  const width = 44, gap = 16, height = 140;
  return html`
    <figure class="columns">
      <figcaption>${title}</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label=${title}>
        <svg viewBox=${`0 0 ${Math.max(1, months.length) * (width + gap)} ${height + 44}`} width=${months.length * (width + gap)} height=${height + 44} role="img"
          aria-label=${months.map(([name], n) => `${name}: ${totals[n]}`).join(", ")}>
          ${months.map(([name, parts], n) => {
            let y = height + 18;
            return html`<g key=${name}>
              <text x=${n * (width + gap) + width / 2} y=${height + 38} text-anchor="middle">${name.slice(2)}</text>
              <text x=${n * (width + gap) + width / 2} y=${12 + height - (totals[n] / most) * height} text-anchor="middle">${totals[n]}</text>
              ${parts.map(([label, count, tone]) => {
                const high = (count / most) * height;
                y -= high;
                return html`<rect key=${label} class=${`fill-${tone}`} x=${n * (width + gap)} y=${y} width=${width} height=${high} />`;
              })}</g>`;
          })}
        </svg>
      </div>
    </figure>`;
}

/** Shares over time as lines, each with a mark of its own; the numbers belong in a table beside it.
 * @param {{title: string, days: string[], lines: {name: string, tone: string, values: number[]}[]}} about */
export function Lines({ title, days, lines }) {
  const width = 560, height = 180, left = 58, top = 10;
  const most = Math.max(0.05, ...lines.flatMap((line) => line.values));
  const x = (n) => left + (days.length < 2 ? width / 2 : (n / (days.length - 1)) * width);
  const y = (value) => top + height - (value / most) * height;
  const shown = [0, most / 2, most];
  const said = lines.map((line) => `${line.name} ${Math.round((line.values.at(-1) ?? 0) * 100)} % on the last day`).join(", ");
  return html`
    <figure class="columns lines">
      <figcaption>${title}</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label=${title}><svg viewBox=${`0 0 ${left + width + 12} ${top + height + 28}`} role="img" aria-label=${`${title}: ${said}`}>
        ${shown.map((value) => html`<g key=${value}><line class="grid-line" x1=${left} x2=${left + width} y1=${y(value)} y2=${y(value)} />
          <text x=${left - 6} y=${y(value) + 4} text-anchor="end">${`${(value * 100).toFixed(value && most < 0.2 ? 1 : 0)} %`}</text></g>`)}
        ${lines.map((line, which) => html`<g key=${line.name} class=${`line-${line.tone}`}>
          <polyline points=${line.values.map((value, n) => `${x(n)},${y(value)}`).join(" ")} />
          ${line.values.map((value, n) => (which ? html`<rect key=${n} x=${x(n) - 3.5} y=${y(value) - 3.5} width="7" height="7" />` : html`<circle key=${n} cx=${x(n)} cy=${y(value)} r="4" />`))}</g>`)}
        <text x=${x(0)} y=${top + height + 22} text-anchor=${days.length < 2 ? "middle" : "start"}>${days[0]}</text>
        ${days.length > 1 && html`<text x=${x(days.length - 1)} y=${top + height + 22} text-anchor="end">${days.at(-1)}</text>`}
      </svg></div>
      <p class="row small legend">${lines.map((line, which) => html`<span key=${line.name}><svg class=${`key line-${line.tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${which ? html`<rect x="2" y="2" width="8" height="8" />` : html`<circle cx="6" cy="6" r="4" />`}</svg>${line.name}</span>`)}</p>
    </figure>`;
}

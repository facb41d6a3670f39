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

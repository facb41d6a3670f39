/** Drawn signs: a few lines each, in the colour of the text around them. */
import { html } from "../lib.js";

const PATHS = {
  good: "M4 12.5l5 5L20 6.5",
  bad: "M6 6l12 12M18 6L6 18",
  wait: "M12 6v6l4 2.5M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z",
  note: "M12 11v6M12 7.2v.1M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z",
  off: "M5 12h14M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z",
  warn: "M12 9v5M12 17v.1M10.3 4.3L2.5 18a2 2 0 0 0 1.7 3h15.6a2 2 0 0 0 1.7-3L13.7 4.3a2 2 0 0 0-3.4 0z",
  down: "M12 4v11M7 11l5 5 5-5M5 20h14",
  play: "M8 5.5v13l10-6.5z",
  stop: "M7 7h10v10H7z",
};

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"
    stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name] ?? PATHS.note} /></svg>`;

const HEIGHTS = [18, 34, 52, 30, 66, 44, 78, 58, 92, 70, 48, 82, 60, 36, 72, 40, 54, 26, 38, 16];

/** A row of bars, like a recording seen from afar. */
export const Wave = ({ bars = HEIGHTS.length, gold = -1 }) => html`
  <svg class="art" viewBox=${`0 0 ${bars * 10} 100`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
    ${HEIGHTS.slice(0, bars).map((height, n) => html`
      <rect key=${n} x=${n * 10 + 2} y=${50 - height / 2} width="6" height=${height} rx="3"
        fill=${n === gold ? "var(--gold)" : "currentColor"} opacity=${n === gold ? 1 : 0.35 + (height / 92) * 0.65} />`)}
  </svg>`;

/** The welcome page's picture: bars within a ring that stands open. */
export const Vault = () => html`
  <svg class="art" viewBox="0 0 420 320" aria-hidden="true">
    <circle cx="210" cy="160" r="146" fill="var(--accent-wash)" />
    <path d="M 318 62 A 146 146 0 1 0 354 184" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round" />
    ${HEIGHTS.map((height, n) => html`
      <rect key=${n} x=${100 + n * 11} y=${160 - height * 0.9} width="6" height=${height * 1.8} rx="3"
        fill=${n > 16 ? "var(--gold)" : "currentColor"} opacity=${n > 16 ? 1 : 0.45 + (height / 92) * 0.55} />`)}
    <path d="M 330 96 q 22 10 34 -14 M 356 84 l 9 -3 l 2 10" fill="none" stroke="var(--gold)" stroke-width="4" stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;

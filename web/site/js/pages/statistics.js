/** Figures about the vault that anybody may see. */
import { get } from "../api.js";
import { at, count, percent } from "../format.js";
import { useData } from "../hooks.js";
import { html } from "../lib.js";
import { Loaded } from "../ui/parts.js";
import { Bars, Columns } from "../ui/plots.js";
import { reasonTitle, told } from "../words.js";

const ORDER = ["accepted", "pending_review", "submitted", "pending_automated_checks", "under_investigation", "dispute_pending", "rejected", "rejected_final", "removed"];
const label = (status) => told({ status }).label;
const tone = (status) => told({ status }).tone;

/** "6h" as "6 hours". */
function bound(name) {
  const [, number, unit] = /^(\d+)([hd])$/.exec(name) ?? [];
  return number ? count(Number(number), unit === "h" ? "hour" : "day") : name;
}
const within = (name) => (name === "longer" ? "longer" : `up to ${bound(name)}`);

export function Statistics() {
  const state = useData(() => get("/statistics"), []);
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>The vault in figures</h1>
        <p class="lead">How much there is, how it is decided, and how often we were wrong. No track and no person can be told from these.</p></div>
      <${Loaded} state=${state} lines=${10}>${(found) => html`<${Shown} found=${found} />`}<//>
    </div>`;
}

function Shown({ found }) {
  const { agreement, appeals, claims } = found;
  const months = Object.entries(found.by_month).sort().slice(-12).map(([name, states]) =>
    [name, ORDER.filter((status) => states[status]).map((status) => [label(status), states[status], tone(status)])]);
  const reasons = Object.entries(found.rejection_reasons).sort((a, b) => b[1] - a[1]).slice(0, 10);
  return html`
    <div class="grid figures">
      <${Figure} value=${found.tracks.accepted} name="tracks in the vault" />
      <${Figure} value=${found.decided_by_rules.median ? `< ${bound(found.decided_by_rules.median)}` : "–"} name="to a decision by the checks alone, for half of the tracks" />
      <${Figure} value=${agreement.kappa === null ? "–" : agreement.kappa.toFixed(2)} name="agreement of reviewers (Fleiss' kappa; 1 is full agreement)" />
      <${Figure} value=${appeals.overturned_share === null ? "–" : percent(appeals.overturned_share)} name="of decided appeals were upheld" />
    </div>
    <section class="card"><${Bars} title=${`All ${count(found.total, "track")}, by where they stand`} rows=${ORDER.map((status) => [label(status), found.tracks[status] ?? 0])} /></section>
    ${months.length > 0 && html`<section class="card"><${Columns} title="Tracks by month of submission" months=${months} />
      <p class="row small legend">${[["good", "In the vault"], ["wait", "Waits for people"], ["note", "Being checked"], ["bad", "Not accepted"], ["off", "Taken back"]].map(([each, name]) => html`<span key=${each}><span class=${`dot fill-${each}`} aria-hidden="true"></span>${name}</span>`)}</p></section>`}
    <section class="card grid">
      <${Bars} title="Time to a decision, by the checks alone" rows=${Object.entries(found.decided_by_rules.within).map(([name, n]) => [within(name), n])} />
      <${Bars} title="Time to a decision, with people" rows=${Object.entries(found.decided_by_people.within).map(([name, n]) => [within(name), n])} />
    </section>
    <section class="card grid">
      <${Bars} title="Appeals" rows=${[["Filed", appeals.filed], ["Open", appeals.open], ["Upheld", appeals.upheld], ["Declined", appeals.dismissed], ["Lapsed", appeals.lapsed ?? 0]]} />
      <${Bars} title="Claims that locked a track" rows=${[["Locked", claims.locked], ["Freed again", claims.dismissed], ["Removed", claims.upheld]]} />
      <${Bars} title="Taken back by their owners" rows=${[["From the vault", found.revocations], ["Before that", found.withdrawals]]} />
    </section>
    ${reasons.length > 0 && html`<section class="card"><${Bars} title="Why tracks were not accepted" rows=${reasons.map(([code, n]) => [reasonTitle(code), n])} /></section>`}
    <p class="small quiet">${found.at ? `As of ${at(found.at)}; a few minutes behind.` : "Nothing has been counted yet; figures appear a few minutes after the first track."} ${count(agreement.subjects, "case")} with two votes or more, ${count(agreement.unanimous, "of them unanimous", "of them unanimous")}.</p>`;
}

const Figure = ({ value, name }) => html`<div class="card flat figure"><b>${value}</b><span>${name}</span></div>`;

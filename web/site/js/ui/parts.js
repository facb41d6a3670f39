/** Notices, badges, and the four states of anything that loads: waiting, slow, failed, empty. */
import { html, useEffect, useState } from "../lib.js";
import { ago, at, count } from "../format.js";
import { Icon, Wave } from "./art.js";

/** @param {{tone: string, title?: string, children?: any, alert?: boolean}} about */
export const Notice = ({ tone, title, children, alert = false }) => html`
  <div class=${`notice tone-${tone}`} role=${alert ? "alert" : undefined}>
    <${Icon} name=${tone === "bad" ? "warn" : tone} />
    <div class="said">${title && html`<strong>${title}</strong> `}${children}</div>
  </div>`;

export const Badge = ({ tone, live = false, children }) =>
  html`<span class=${`badge tone-${tone} ${live ? "live" : ""}`}>${children}</span>`;

export const Button = ({ busy = false, kind = "", children, onClick, type = "button", ...rest }) => html`
  <button type=${type} class=${`button ${kind}`} aria-disabled=${busy ? "true" : undefined}
    onClick=${busy ? (event) => event.preventDefault() : onClick} ...${rest}>
    ${busy && html`<span class="spin" aria-hidden="true"></span>`}${children}
  </button>`;

/** A refusal or a broken connection, in words, with a way on. */
export function ProblemNotice({ problem, retry }) {
  if (!problem) return null;
  const away = problem.code === "unreachable";
  return html`
    <${Notice} tone=${away ? "wait" : "bad"} alert title=${titleOf(problem)}>
      ${detailOf(problem)}
      ${problem.errors?.length > 0 && html`<ul>${problem.errors.map((one) => html`<li key=${one.path}><code>${one.path}</code>: ${one.reason}</li>`)}</ul>`}
      ${retry && html`<p><${Button} kind="small" onClick=${retry}>Try again<//></p>`}
    <//>`;
}

function titleOf(problem) {
  if (problem.code === "unreachable") return "No answer.";
  if (problem.status === 403) return "Not allowed.";
  if (problem.status === 404) return "Not found.";
  if (problem.status === 429) return "Too many tries.";
  if (!problem.status || problem.status >= 500) return "Something went wrong on our side.";
  return "That did not work.";
}

function detailOf(problem) {
  if (problem instanceof TypeError || problem instanceof RangeError) return "This page made a mistake. Reload it, please.";
  const text = problem.detail || problem.message || "";
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "";
}

/** What a page shows until its data is there. */
export function Loading({ slow = false, lines = 3, what = "Loading" }) {
  return html`
    <div role="status">
      <span class="hidden">${what}…</span>
      <div aria-hidden="true">${Array.from({ length: lines }, (_, n) => html`<div key=${n} class=${`bone bone-${n % 3}`}></div>`)}</div>
      ${slow && html`<p class="quiet small">Still working. The vault takes longer than usual.</p>`}
    </div>`;
}

export const Empty = ({ title, children, action }) => html`
  <div class="card empty">
    <${Wave} bars=${18} gold=${8} />
    <h2>${title}</h2>
    <p>${children}</p>
    ${action}
  </div>`;

/** Said above a listing that goes on after what is shown of it (`more`, of `all` in api.js). */
export const Cut = ({ of, what = "entries" }) => of?.more
  ? html`<${Notice} tone="note" title=${`More than ${count(of.length, what, what)}.`}>Only the first ones are shown here.<//>`
  : null;

/**
 * `useData`'s state as a page: shows the data by `children`, or why it is not there.
 * @param {any} about `title`: the page's heading, where it comes with the data and is needed before
 */
export function Loaded({ state, children, lines, what, title }) {
  if (state.data === undefined) {
    return html`
      ${title && html`<h1 class="hidden">${title}</h1>`}
      ${state.problem
        ? html`<${ProblemNotice} problem=${state.problem} retry=${state.reload} />`
        : html`<${Loading} slow=${state.slow} lines=${lines} what=${what} />`}`;
  }
  return html`
    ${state.problem && html`<${ProblemNotice} problem=${state.problem} retry=${state.reload} />`}
    <${Cut} of=${state.data} />
    ${children(state.data)}`;
}

/** A time as people say it; the exact one on hover. */
export function Time({ iso }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return iso ? html`<time datetime=${iso} title=${at(iso)}>${ago(iso)}</time>` : null;
}

/** Save a document as a file. @param {string} name @param {unknown} content @param {boolean} [exact] in its one byte form */
export function download(name, content, exact = false) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, exact ? 0 : 1)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The top of every page: where one is, where one can go, who is signed in. */
import { html, useEffect, useState } from "../lib.js";
import { is } from "../session.js";
import { Button } from "./parts.js";

const PUBLIC = [["/how", "How it works"], ["/statistics", "Figures"], ["/report", "Report"]];
const CONTRIBUTOR = [["/tracks", "My tracks"], ["/submit", "Give tracks"], ["/messages", "Messages"]];
/** Pages that belong together: one entry above, the rest in a row below it. */
const GROUPS = {
  reviewer: [["/review", "Review"], ["/appeals", "Appeals"], ["/claims", "Claims"]],
  admin: [["/policy", "Policy"], ["/people", "People"], ["/holds", "Holds"]],
};
const within = (path, to) => path === to || path.startsWith(`${to}/`);

/** [address, name, addresses that belong to it][] */
function links(mine) {
  if (!mine) return PUBLIC.map(([to, name]) => [to, name, [to]]);
  const own = CONTRIBUTOR.map(([to, name]) => [to, name, [to]]);
  if (is("reviewer")) own.push(["/review", "Review", GROUPS.reviewer.map(([to]) => to)]);
  if (is("admin")) own.push(["/policy", "Govern", GROUPS.admin.map(([to]) => to)]);
  return [...own, ["/how", "How it works", ["/how"]]]; // the rest is in the footer
}

/** The row below, on pages of a group. */
export function Beside({ path }) {
  const [role, group] = Object.entries(GROUPS).find(([, pages]) => pages.some(([to]) => within(path, to))) ?? [];
  if (!group || !is(role)) return null;
  return html`
    <nav class="beside" aria-label=${role === "admin" ? "Governance" : "Review"}>
      ${group.map(([to, name]) => html`<a key=${to} href=${`#${to}`} aria-current=${within(path, to) ? "page" : undefined}>${name}</a>`)}
    </nav>`;
}

export function Header({ path, mine, onLeave }) {
  const [open, set] = useState(false);
  useEffect(() => set(false), [path, mine]);
  const current = (...places) => (places.some((to) => within(path, to)) ? "page" : undefined);
  return html`
    <header class="head">
      <div class="head-in">
        <a class="brand" href="#/"><img src="/img/mark.svg" alt="" width="32" height="32" />LEMM Vault</a>
        <button type="button" class="button small menu" aria-expanded=${open} aria-controls="nav" onClick=${() => set(!open)}>Menu</button>
        <nav id="nav" class=${`nav ${open ? "open" : ""}`} aria-label="Main">
          ${links(mine).map(([to, name, all]) => html`<a key=${to} href=${`#${to}`} aria-current=${current(...all)}>${name}</a>`)}
          ${mine
            ? html`
              <span class="who push"><span class="hidden">Signed in as </span><b title=${mine.account.display_name}>${mine.account.display_name || "You"}</b>
                ${mine.account.role !== "contributor" && html`<span class="tag">${mine.account.role}</span>`}</span>
              <${Button} kind="small" onClick=${onLeave}>Sign out<//>`
            : html`
              <a class="push" href="#/sign-in" aria-current=${current("/sign-in")}>Sign in</a>
              <a class="button small main" href="#/join">Create an account</a>`}
        </nav>
      </div>
    </header>`;
}

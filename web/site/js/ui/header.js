/** The top of every page: where one is, where one can go, who is signed in. */
import { html, useEffect, useState } from "../lib.js";
import { is } from "../session.js";
import { Button } from "./parts.js";
import { Unread } from "./unread.js";

const PUBLIC = [["/how", "How it works"], ["/statistics", "Figures"], ["/report", "Report"]];
const CONTRIBUTOR = [["/tracks", "My tracks"], ["/submit", "Give tracks"], ["/outputs", "My outputs"], ["/messages", "Messages"]];
/** Pages that belong together: one entry above, the rest in a row below it. */
const GROUPS = {
  contributor: [["/listing", "Listing"], ["/packs", "Packs"], ["/models", "Models"]],
  reviewer: [["/review", "Review"], ["/appeals", "Appeals"], ["/claims", "Claims"], ["/flags", "Flags"], ["/proofs", "Proofs"], ["/model-checks", "Checks"], ["/suspensions", "Suspensions"]],
  admin: [["/policy", "Policy"], ["/people", "People"], ["/holds", "Holds"], ["/names", "Names"]],
};
const NAMES = { contributor: "The vault", reviewer: "Review", admin: "Governance" };
const within = (path, to) => path === to || path.startsWith(`${to}/`);

/** [address, name, addresses that belong to it][] */
function links(mine) {
  if (!mine) return PUBLIC.map(([to, name]) => [to, name, [to]]);
  const own = CONTRIBUTOR.map(([to, name]) => [to, name, [to]]);
  own.push(["/listing", "The vault", GROUPS.contributor.map(([to]) => to)]);
  if (is("reviewer")) own.push(["/review", "Review", GROUPS.reviewer.map(([to]) => to)]);
  if (is("admin")) own.push(["/policy", "Govern", GROUPS.admin.map(([to]) => to)]);
  return own; // the rest is in the footer
}

/** Who came by a letter is led back to it. */
const back = (path) => (path === "/invitation" ? `?next=${encodeURIComponent(location.hash.slice(1))}` : "");

/** The row below, on pages of a group. */
export function Beside({ path }) {
  const [role, group] = Object.entries(GROUPS).find(([, pages]) => pages.some(([to]) => within(path, to))) ?? [];
  if (!group || !is(role)) return null;
  return html`
    <nav class="beside" aria-label=${NAMES[role]}>
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
          ${links(mine).map(([to, name, all]) => html`<a key=${to} href=${`#${to}`} aria-current=${current(...all)}>${name}${to === "/messages" && html`<${Unread} account=${mine.account.account_id} />`}</a>`)}
          ${mine
            ? html`
              <span class="who push"><span class="hidden">Signed in as </span><a href="#/account" aria-current=${current("/account")} title=${mine.account.display_name}>${mine.account.display_name || "You"}</a>
                ${mine.account.role !== "contributor" && html`<span class="tag">${mine.account.role}</span>`}</span>
              <${Button} kind="small" onClick=${onLeave}>Sign out<//>`
            : html`
              <a class="push" href=${`#/sign-in${back(path)}`} aria-current=${current("/sign-in")}>Sign in</a>
              <a class="button small main" href=${`#/join${back(path)}`}>Create an account</a>`}
        </nav>
      </div>
    </header>`;
}

/** The top of every page: where one is, where one can go, who is signed in. */
import { html, useEffect, useState } from "../lib.js";
import { is } from "../session.js";
import { Button } from "./parts.js";

const PUBLIC = [["/how", "How it works"]];
const CONTRIBUTOR = [["/tracks", "My tracks"], ["/submit", "Give tracks"]];
const REVIEWER = [["/review", "Review"]];
const ADMIN = [["/policy", "Policy"]];

function links(mine) {
  if (!mine) return PUBLIC;
  return [...CONTRIBUTOR, ...(is("reviewer") ? REVIEWER : []), ...(is("admin") ? ADMIN : []), ...PUBLIC];
}

export function Header({ path, mine, onLeave }) {
  const [open, set] = useState(false);
  useEffect(() => set(false), [path, mine]);
  const current = (to) => (path === to || path.startsWith(`${to}/`) ? "page" : undefined);
  return html`
    <header class="head">
      <div class="head-in">
        <a class="brand" href="#/"><img src="/img/mark.svg" alt="" width="32" height="32" />LEMM Vault</a>
        <button type="button" class="button small menu" aria-expanded=${open} aria-controls="nav" onClick=${() => set(!open)}>Menu</button>
        <nav id="nav" class=${`nav ${open ? "open" : ""}`} aria-label="Main">
          ${links(mine).map(([to, name]) => html`<a key=${to} href=${`#${to}`} aria-current=${current(to)}>${name}</a>`)}
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

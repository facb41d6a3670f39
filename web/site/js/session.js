/**
 * Who is signed in, in this tab only.
 *
 * The token lives in sessionStorage: it ends with the tab, no other site can read it, and the content security
 * policy lets no script but ours run. While the tab is in use it is renewed before it runs out.
 */
const KEY = "lemm.session";
const listeners = new Set();
let current = read();

/** @typedef {{token: string, expires: number, account: {account_id: string, role: string, display_name: string, email?: string}}} Session */

function read() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) || "null");
    return found && found.expires > Date.now() ? found : null;
  } catch {
    return null;
  }
}

/** @returns {Session | null} */
export const session = () => current;

/** @param {Session | null} next @param {string} [why] */
export function setSession(next, why = "") {
  current = next;
  try {
    if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
    else sessionStorage.removeItem(KEY);
  } catch {
    /* Storage may be switched off; then the sign-in lasts as long as this page. */
  }
  for (const listener of listeners) listener(next, why);
}

/** @param {(session: Session | null, why: string) => void} listener */
export function onSession(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const RANK = { contributor: 1, reviewer: 2, admin: 3 };

/** Whether the signed-in person may do what `role` may; roles include each other upwards. */
export const is = (role) => (RANK[current?.account.role ?? ""] ?? 0) >= RANK[role];

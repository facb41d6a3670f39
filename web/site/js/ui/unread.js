/** How many messages nobody has read yet, in one's own box and in those of one's role. */
import { get } from "../api.js";
import { useData } from "../hooks.js";
import { html, useEffect } from "../lib.js";
import { is } from "../session.js";

const MOST = 50;
const CHANGED = "lemm:read";

/** Say that something was read, so that the count is taken anew. */
export const wasRead = () => dispatchEvent(new Event(CHANGED));

async function look() {
  const boxes = ["own", ...(is("reviewer") ? ["reviewers"] : []), ...(is("admin") ? ["admins"] : [])];
  const pages = await Promise.all(boxes.map((box) => get("/messages", { box, unread: true, limit: MOST })));
  return pages.reduce((sum, page) => sum + page.messages.length, 0);
}

/** A small figure beside a link; nothing where all is read, or where the count could not be taken. */
export function Unread({ account }) {
  const state = useData(look, [account], () => 60_000);
  useEffect(() => {
    addEventListener(CHANGED, state.reload);
    return () => removeEventListener(CHANGED, state.reload);
  }, []);
  return state.data ? html` <span class="count">${state.data >= MOST ? `${MOST}+` : state.data}<span class="hidden"> unread</span></span>` : null;
}

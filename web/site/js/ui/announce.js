/** One polite live region for what changes without a change of page. */
import { html, useEffect, useState } from "../lib.js";

const listeners = new Set();

/** Say something to people who do not see the page. @param {string} text */
export function announce(text) {
  for (const listener of listeners) listener(text);
}

export function Announcer() {
  const [said, set] = useState("");
  useEffect(() => {
    const hear = (text) => {
      set("");
      setTimeout(() => set(text), 60); // the same words twice are heard twice
    };
    listeners.add(hear);
    return () => listeners.delete(hear);
  }, []);
  return html`<div class="hidden" role="status" aria-live="polite">${said}</div>`;
}

/** Why something stands where it stands. */
import { html } from "../lib.js";
import { reasonTitle } from "../words.js";

export const Reasons = ({ reasons }) =>
  reasons?.length
    ? html`<ul class="reasons">${reasons.map((reason, n) => html`<li key=${n}><b>${reasonTitle(reason.code)}.</b> <span class="quiet break">${reason.detail}</span></li>`)}</ul>`
    : null;

/** The steps a track went, newest last. */
import { at } from "../format.js";
import { html } from "../lib.js";
import { reasonTitle, stepTitle } from "../words.js";

const WHO = { system: "by rule", contributor: "by its owner", reviewer: "by a reviewer", admin: "by an admin" };

export const History = ({ rows }) => html`
  <ol class="timeline">${rows.map((row) => html`
    <li key=${row.step}>
      <b>${stepTitle(row.trigger)}</b> <span class="quiet small">${WHO[row.role] ?? row.role}${row.policy ? `, policy ${row.policy}` : ""}</span>
      <div class="quiet small"><time datetime=${row.at}>${at(row.at)}</time>${row.reasons.length > 0 && ` · ${row.reasons.map((reason) => reasonTitle(reason.code)).join("; ")}`}</div>
    </li>`)}</ol>`;

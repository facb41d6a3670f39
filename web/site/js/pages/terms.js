/** The contribution terms in force, and the licence for generated music. */
import { get } from "../api.js";
import { useData } from "../hooks.js";
import { html } from "../lib.js";
import { Loaded } from "../ui/parts.js";
import { Prose } from "../ui/prose.js";

export const Terms = () => html`<${Text} path="/terms" title="Contribution terms" />`;
export const Licence = () => html`<${Text} path="/licence" title="Licence for generated music" />`;

function Text({ path, title }) {
  const terms = useData(() => get(path), [path]);
  return html`<${Loaded} state=${terms} lines=${12} title=${title}>${(found) => html`
    <section class="card stack short" aria-labelledby="short"><h2 id="short">In short</h2>
      <ul>${found.summary.map((line, n) => html`<li key=${n}>${line}</li>`)}</ul>
      ${found.changes.length > 0 && html`<details><summary>What changed since version ${found.number - 1}</summary><ul>${found.changes.map((line, n) => html`<li key=${n}>${line}</li>`)}</ul></details>`}
      <p class="small quiet">The text below is what counts.</p></section>
    <article class="prose"><${Prose} text=${found.text} top=${1} />
      <p class="small quiet break">Version ${found.number}. Hash of this text (SHA-256): <code>${found.sha256}</code></p>
    </article>`}<//>`;
}

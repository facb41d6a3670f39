/** The contribution terms in force. */
import { get } from "../api.js";
import { useData } from "../hooks.js";
import { html } from "../lib.js";
import { Loaded } from "../ui/parts.js";
import { Prose } from "../ui/prose.js";

export function Terms() {
  const terms = useData(() => get("/terms"), []);
  return html`<${Loaded} state=${terms} lines=${12} title="Contribution terms">${(found) => html`
    <article class="prose"><${Prose} text=${found.text} top=${1} />
      <p class="small quiet break">Version ${found.number}. Hash of this text (SHA-256): <code>${found.sha256}</code></p>
    </article>`}<//>`;
}

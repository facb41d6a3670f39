/** Disputes that wait for somebody to decide anew. */
import { get } from "../api.js";
import { ago, onDay, shortId } from "../format.js";
import { useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { Badge, Empty, Loaded } from "../ui/parts.js";
import { reasonTitle } from "../words.js";

const SHOWN = [["true", "Answered"], ["false", "Waiting for an answer"], ["", "All"]];

export function Appeals() {
  const [answered, choose] = useState("true");
  const state = useData(() => get("/appeals", { answered }), [answered], () => 30_000);
  return html`
    <div class="stack">
      <h1>Appeals</h1>
      <p class="lead">A rejection and the right to answer belong together. Whoever rejected a track does not decide about its appeal.</p>
      <div class="pills" role="group" aria-label="Show">${SHOWN.map(([key, name]) => html`<button key=${key} type="button" class="pill" aria-pressed=${answered === key} onClick=${() => choose(key)}>${name}</button>`)}</div>
      <${Loaded} state=${state} lines=${5}>${(page) => page.appeals.length
        ? html`<ul class="plain-list card list-card track-list">${page.appeals.map((one) => html`<li key=${one.track_id}>
          <a class="track-row" href=${`#/review/${one.track_id}`}><b>${one.title}</b>
            <${Badge} tone=${one.answered ? "wait" : "off"}>${one.answered ? "Waits for you" : `Owner may answer until ${onDay(one.answer_until)}`}<//>
            <span class="sub">${one.artist} · of ${shortId(one.submitter)} · opened ${one.opened_by === "rules" ? "with the rejection" : "by the owner"} ${ago(one.filed)}</span>
            <span class="sub">${one.rejected_for.map((reason) => reasonTitle(reason.code)).join("; ")}</span></a></li>`)}</ul>`
        : html`<${Empty} title="No appeal stands here">Appeals appear on their own, once an owner has said why.<//>`}<//>
    </div>`;
}

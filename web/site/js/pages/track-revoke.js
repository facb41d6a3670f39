/** Taking a track back: one click, and one question that says what it does and what it can't undo. */
import { post } from "../api.js";
import { at, count, onDay } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Icon } from "../ui/art.js";
import { Dialog } from "../ui/dialog.js";
import { Field } from "../ui/fields.js";
import { Button, Notice, ProblemNotice, download } from "../ui/parts.js";

const GONE = ["rejected_final"];

/** The statement inside a signed envelope (DSSE): its payload is base64 of JSON. */
function statement(receipt) {
  try {
    const bytes = Uint8Array.from(atob(receipt.payload), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

export function TakeBack({ track, path, reload }) {
  const [asking, ask] = useState(false);
  const [answer, keep] = useState(null);
  const action = useAction();
  const taken = track.rights?.revoked || answer;
  const again = () => action.run(async () => keep(await post(`/tracks/${path}/revoke`, {})));
  if (taken) return html`<${Taken} track=${track} answer=${answer} onReceipt=${again} action=${action} />`;
  if (GONE.includes(track.status)) return null;
  const done = (given) => {
    ask(false);
    keep(given);
    announce("Your track was taken back.");
    reload();
  };
  return html`
    <section class="card stack danger-zone" aria-labelledby="back">
      <h2 id="back">Take it back</h2>
      <p>You need no reason. It works at once.</p>
      <p><${Button} kind="danger" onClick=${() => ask(true)}>Take this track back<//></p>
      ${asking && html`<${Confirm} track=${track} path=${path} onClose=${() => ask(false)} onDone=${done} />`}
    </section>`;
}

function Confirm({ track, path, onClose, onDone }) {
  const [reason, set] = useState("");
  const action = useAction();
  const send = () => action.run(async () => onDone(await post(`/tracks/${path}/revoke`, { reason: reason.trim() })));
  return html`
    <${Dialog} title=${`Take “${track.metadata.title}” back?`} onClose=${onClose}>
      <div class="stack tight"><h3>What it does</h3>
        <ul class="does"><li>From this second on, no training job gets the track.</li><li>The audio is deleted after the retention time.</li><li>You get a signed receipt of every run that had it before.</li></ul></div>
      <div class="stack tight"><h3>What it can't undo</h3>
        <ul class="never"><li>Models that were trained before stay as they are. We keep the record of which ones.</li><li>It is final: to bring the track back, give it again.</li></ul></div>
      <${Field} label="A reason, if you like" optional maxlength="500" value=${reason} onInput=${set} />
      <${ProblemNotice} problem=${action.problem} />
      <div class="row"><${Button} onClick=${onClose}>Keep it in<//><${Button} kind="danger main" busy=${action.busy} onClick=${send}>Take it back<//></div>
    <//>`;
}

function Taken({ track, answer, onReceipt, action }) {
  const said = answer && statement(answer.receipt);
  return html`
    <section class="card stack" aria-labelledby="back">
      <h2 id="back">You took this track back</h2>
      ${said && html`
        <dl class="facts">
          <dt>Since</dt><dd>${at(said.revoked_at)}</dd>
          <dt>Audio deleted from</dt><dd>${said.was_in_vault ? onDay(said.audio_deleted_from) : "It never was in the vault"}</dd>
          <dt>Fingerprints</dt><dd>${said.fingerprints === "removed" ? "Removed" : "Kept, for safety checks only"}</dd>
          <dt>Runs that had it</dt><dd>${said.granted_before.length ? said.granted_before.map((row) => `${row.run_id} (model ${row.model_id}, ${at(row.granted)})`).join("; ") : "None"}</dd>
        </dl>
        ${said.models.length > 0 && html`<${Notice} tone="note">${count(said.models.length, "model")} may have learned from it before: ${said.models.join(", ")}. That can't be undone.<//>`}`}
      <${ProblemNotice} problem=${action.problem} />
      <p class="row">${answer
        ? html`<${Button} kind="small" onClick=${() => download(`revocation-receipt-${track.track_id}.json`, answer.receipt)}><${Icon} name="down" />Revocation receipt<//>`
        : html`<${Button} kind="small" busy=${action.busy} onClick=${onReceipt}>Show the receipt<//>`}</p>
    </section>`;
}

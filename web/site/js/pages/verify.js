/** For anybody: is this a certificate of the vault, or a file with one, and is its licence in force? Files stay here. */
import { post } from "../api.js";
import { at, onDay } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useRef, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Wave } from "../ui/art.js";
import { Button, Notice, ProblemNotice } from "../ui/parts.js";

const CERTIFICATE_BYTES = 200_000;
const STANDING = { in_force: ["good", "The licence is in force."], suspended: ["wait", "The licence is suspended."], ended: ["bad", "The licence ended."] };

/** SHA-256 of a file, hexadecimal; it never leaves this page. @param {Blob} file */
export async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A certificate, if that is what the file is. @param {File} file */
async function certificateIn(file) {
  if (file.size > CERTIFICATE_BYTES) return null;
  try {
    const document = JSON.parse(await file.text());
    return document?.payloadType ? document : null;
  } catch {
    return null;
  }
}

export function Verify() {
  const [given, setGiven] = useState({}), [found, setFound] = useState(null), [over, setOver] = useState(false);
  const input = useRef(null);
  const action = useAction();
  const look = async (files) => {
    setFound(null);
    const next = { ...given };
    await action.run(async () => {
      for (const file of files) {
        const certificate = await certificateIn(file);
        if (certificate) Object.assign(next, { certificate, paper: file.name });
        else Object.assign(next, { file_sha256: await sha256(file), sound: file.name });
      }
      setGiven(next);
      const answer = await post("/certificates/verification", { certificate: next.certificate, file_sha256: next.file_sha256 });
      setFound(answer);
      announce(answer.verified ? "Verified." : "Not verified.");
    });
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer?.files.length) look(event.dataTransfer.files);
  };
  const again = () => {
    setGiven({});
    setFound(null);
    action.clear();
    input.current?.focus();
  };
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Verify a certificate or a file</h1>
        <p class="lead">Drop an exported file, its signed certificate, or both. The sound stays on your machine: only its fingerprint, a SHA-256, is asked about.</p></div>
      <div class=${`drop ${over ? "over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
        <${Wave} bars=${14} gold=${6} />
        <p>Drop a file here, or</p>
        <label class="button main" for="proof">Choose a file</label>
        <input ref=${input} id="proof" type="file" multiple aria-describedby="proof-hint" onChange=${(event) => { look([...event.target.files]); event.target.value = ""; }} />
        <p class="small quiet" id="proof-hint">A sound file, or the certificate that ends in .json.</p>
      </div>
      <${ProblemNotice} problem=${action.problem} />
      ${(given.paper || given.sound) && html`<p class="small quiet break">Looked at: ${[given.sound, given.paper].filter(Boolean).join(" and ")}. <${Button} kind="small" onClick=${again}>Begin anew<//></p>`}
      ${found && html`<${Result} found=${found} />`}
      <p class="small quiet">To check without asking this vault, use <code>lemm verify</code> with its published keys.</p>
    </div>`;
}

function Result({ found }) {
  const held = found.found, [tone, title] = found.verified ? STANDING[held.standing] : ["bad", "Not verified."];
  const document = held?.document;
  return html`
    <${Notice} tone=${tone} title=${title} alert=${!found.verified}>${found.says === title ? "" : found.says}<//>
    ${found.verified && html`
      <section class="card stack" aria-labelledby="paper"><h2 id="paper">What the certificate says</h2>
        <dl class="facts">
          <dt>Output</dt><dd>${document.output_id}</dd>
          <dt>Made by the model</dt><dd>${document.model_id}${document.model_version && `, version ${document.model_version}`}</dd>
          <dt>Licence</dt><dd>${document.licence.title}, accepted on ${onDay(document.licence.accepted_at)}</dd>
          <dt>Checked</dt><dd>${at(document.check.at)}: ${document.check.outcome === "allow" ? "nothing alike was found" : "some likeness was found, and it was let go"}</dd>
          <dt>Compared with</dt><dd>${[document.check.checked_against_internal && "the vault", ...document.check.checked_against_external_catalogs].filter(Boolean).join(", ")}</dd>
          <dt>Content credentials</dt><dd>${document.exported.credentials === "c2pa" ? "in the file (C2PA)" : document.exported.why_none}</dd>
          <dt>Holder</dt><dd><code class="break">${document.holder}</code></dd>
          <dt>Certificate</dt><dd><a href=${`/certificates/${held.certificate_id}/pdf`} target="_blank" rel="noopener">${held.certificate_id}</a></dd>
          <dt>SHA-256 of the file</dt><dd><code class="break">${document.exported.sha256}</code></dd>
        </dl></section>`}`;
}

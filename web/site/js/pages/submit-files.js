/** Step one, and what it looks like while files travel and when they have arrived. */
import { bytes, count } from "../format.js";
import { html, useRef, useState } from "../lib.js";
import { ACCEPT, item, unusable } from "../sending.js";
import { announce } from "../ui/announce.js";
import { Icon, Wave } from "../ui/art.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, Notice, download } from "../ui/parts.js";

export function Files({ items, onChange, wrong }) {
  const [over, setOver] = useState(false);
  const input = useRef(null);
  const add = (list) => {
    const known = new Set(items.map((one) => one.key));
    const fresh = [...list].map(item).filter((one) => !known.has(one.key));
    onChange([...items, ...fresh]);
    if (fresh.length) announce(`${count(fresh.length, "file")} added.`);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    add(event.dataTransfer?.files ?? []);
  };
  const drag = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const remove = (key) => {
    onChange(items.filter((one) => one.key !== key));
    announce("File taken out.");
    input.current?.focus();
  };
  const retitle = (key, title) => onChange(items.map((one) => (one.key === key ? { ...one, title } : one)));
  return html`
    <section aria-labelledby="step-files">
      <div class="step-head"><span class="n" aria-hidden="true">1</span><h2 id="step-files">Your files</h2></div>
      <div class=${`drop ${over ? "over" : ""}`} onDragOver=${drag} onDragLeave=${() => setOver(false)} onDrop=${drop}>
        <${Wave} bars=${14} gold=${6} />
        <p>Drop audio files here, or</p>
        <label class="button main" for="files">Choose files</label>
        <input ref=${input} id="files" type="file" multiple accept=${ACCEPT} aria-describedby="files-hint"
          aria-invalid=${wrong.files ? "true" : undefined}
          onChange=${(event) => { add(event.target.files); event.target.value = ""; }} />
        <p class="small quiet" id="files-hint">WAV, FLAC, MP3, Ogg, Opus, M4A, AAC or AIFF. Up to 600 MB and 30 minutes each.</p>
      </div>
      ${items.length > 0 && html`
        <ul class="plain-list card flat file-list">${items.map((one) => html`
          <li key=${one.key} class="file">
            <p class="about row apart"><span class="break quiet small">${one.file.name} · ${bytes(one.file.size)}</span></p>
            <${Field} label="Title" id=${`title-${one.key}`} maxlength="200" value=${one.title} onInput=${(text) => retitle(one.key, text)} wrong=${wrong[`title-${one.key}`]} />
            <${Button} kind="small" aria-label=${`Take out ${one.file.name}`} onClick=${() => remove(one.key)}>Take out<//>
            ${unusable(one.file) && html`<p class="wrong"><${Icon} name="warn" />${unusable(one.file)}</p>`}
          </li>`)}</ul>`}
    </section>`;
}

const WORDS = {
  ready: ["off", "Ready"], waiting: ["off", "Waiting"], sending: ["note", "Sending"],
  submitting: ["note", "Recording your consent"], done: ["good", "Received"], failed: ["bad", "Not sent"],
};

export function Sent({ items, sending, onRetry, onAgain, onStop }) {
  const done = items.filter((one) => one.state === "done").length, failed = items.filter((one) => one.state === "failed").length;
  return html`
    <div class="stack loose">
      <div class="stack tight">
        <h1>${sending ? "Sending your tracks" : failed ? "Some files did not arrive" : "We have your tracks"}</h1>
        <p class="lead">${sending ? "Keep this page open until all files are sent." : failed
          ? `${done} of ${items.length} arrived. What failed can be sent again; nothing is sent twice.`
          : "The checks run now, without you. It usually takes a minute or two per track."}</p>
      </div>
      <ul class="plain-list card file-list">${items.map((one) => html`<li key=${one.key} class="file"><${Progress} one=${one} /></li>`)}</ul>
      <div class="row">
        ${sending && html`<${Button} onClick=${onStop}>Stop<//>`}
        ${!sending && failed > 0 && html`<${Button} kind="main" onClick=${onRetry}>Send the rest again<//>`}
        ${!sending && html`<a class=${`button ${failed ? "" : "main"}`} href="#/tracks">Go to my tracks</a><${Button} onClick=${onAgain}>Give more<//>`}
      </div>
      ${!sending && done > 0 && html`<${Notice} tone="note" title="Keep your receipts.">Each one is a signed statement of what you allowed, under which text. You find them with your tracks as well.<//>`}
    </div>`;
}

function Progress({ one }) {
  const [tone, word] = WORDS[one.state];
  const moving = one.state === "sending" || one.state === "submitting";
  const share = Math.round(one.share * 100);
  return html`
    <p class="break"><b>${one.title}</b> <span class="small quiet nowrap">${bytes(one.file.size)}</span></p>
    <${Badge} tone=${tone} live=${moving}>${word}${one.state === "sending" ? ` ${share} %` : ""}<//>
    ${moving && html`<div class="bar" role="progressbar" aria-label=${`Sending ${one.title}`} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${share}><div style=${{ width: `${share}%` }}></div></div>`}
    ${one.problem && html`<p class="wrong"><${Icon} name="warn" />${one.problem.detail ?? String(one.problem)}</p>`}
    ${one.state === "done" && html`<p class="about row">
      <a class="button small" href=${`#/tracks/${one.trackId}`}>Follow it</a>
      <${Button} kind="small plain" aria-label=${`Receipt for ${one.title}`} onClick=${() => download(`consent-receipt-${one.trackId}.json`, one.receipt)}><${Icon} name="down" />Receipt<//></p>`}`;
}

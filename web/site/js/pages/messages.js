/** What people were told: their own box, and the boxes that reviewers and admins share. */
import { get, post } from "../api.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { is } from "../session.js";
import { announce } from "../ui/announce.js";
import { Choice } from "../ui/fields.js";
import { Button, Empty, Loaded, ProblemNotice, Time } from "../ui/parts.js";
import { wasRead } from "../ui/unread.js";

const BOXES = [["own", "Yours", "contributor"], ["reviewers", "Reviewers'", "reviewer"], ["admins", "Admins'", "admin"]];
const WISHES = { all: "Everything", important: "What is important", none: "Only what I can't do without" };

/** Where a message leads. */
const target = (about, box) => about.startsWith("trk_") ? `#/${box === "own" ? "tracks" : "review"}/${about}` : about.startsWith("clm_") ? `#/claims/${about}` : null;

export function Messages() {
  const [box, choose] = useState("own");
  const state = useData(() => get("/messages", { box }), [box], () => 30_000);
  const action = useAction();
  const boxes = BOXES.filter(([, , role]) => is(role));
  const read = (id) => action.run(async () => {
    await post(`/messages/${id}/read`, { box });
    wasRead();
    state.reload();
  });
  const all = () => action.run(async () => {
    await post("/messages/read", { box });
    announce("All marked as read.");
    wasRead();
    state.reload();
  });
  return html`
    <div class="stack">
      <div class="row apart"><h1>Messages</h1><${Button} kind="small" busy=${action.busy} onClick=${all}>Mark all as read<//></div>
      ${boxes.length > 1 && html`<div class="pills" role="group" aria-label="Box">${boxes.map(([key, name]) => html`<button key=${key} type="button" class="pill" aria-pressed=${box === key} onClick=${() => choose(key)}>${name}</button>`)}</div>`}
      <${ProblemNotice} problem=${action.problem} />
      <${Loaded} state=${state} lines=${6}>${(page) => page.messages.length
        ? html`<ul class="plain-list card list-card">${page.messages.map((one) => html`<li key=${one.message_id} class=${`message ${one.read ? "" : "unread"}`}><${One} one=${one} box=${box} onRead=${() => read(one.message_id)} /></li>`)}</ul>`
        : html`<${Empty} title="No messages">When something happens to your tracks, you read it here.<//>`}<//>
      ${box === "own" && html`<${Wishes} />`}
    </div>`;
}

const One = ({ one, box, onRead }) => html`
  <div class="row apart top"><b class="break">${one.read ? "" : html`<span class="hidden">Unread: </span>`}${one.subject}</b><span class="quiet small"><${Time} iso=${one.at} /></span></div>
  <p class="break">${one.text}</p>
  <p class="row small">${target(one.about, box) && html`<a href=${target(one.about, box)}>Go there</a>`}${!one.read && html`<${Button} kind="small plain" aria-label=${`Mark as read: ${one.subject}`} onClick=${onRead}>Mark as read<//>`}</p>`;

function Wishes() {
  const state = useData(() => get("/messages/preferences"), []);
  const action = useAction();
  const set = (mail) => action.run(async () => {
    await post("/messages/preferences", { mail });
    announce("Saved.");
    state.reload();
  });
  return html`
    <details class="card flat"><summary>What also comes by mail</summary>
      <${ProblemNotice} problem=${action.problem} />
      <${Loaded} state=${state} lines=${2}>${(found) => html`
        <${Choice} legend="Send me" name="mail" value=${found.mail} onChange=${set} options=${Object.entries(WISHES)} />`}<//></details>`;
}

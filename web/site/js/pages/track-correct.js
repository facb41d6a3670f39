/** Setting right what was said about a track; every version stays. */
import { get, post } from "../api.js";
import { at } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Button, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { MusicFields, metadataOf, startFrom } from "./submit-music.js";

const ASKED = "It raises a question, so a reviewer looks at it. The track stays in the vault meanwhile.";

export function Correct({ track, path, reload }) {
  const [open, set] = useState(false);
  const [asked, ask] = useState(false);
  const done = (reviewer) => {
    set(false);
    ask(reviewer);
    reload();
  };
  return html`
    <section class="card stack" aria-labelledby="about"><h2 id="about">What you said about it</h2>
      ${open ? html`<${Form} track=${track} path=${path} onDone=${done} onLeave=${() => set(false)} />` : html`<${Said} music=${track.metadata} />
        ${asked && html`<${Notice} tone="note" title="Corrected.">${ASKED}<//>`}
        <p class="row"><${Button} onClick=${() => set(true)}>Correct it<//></p>
        ${track.metadata_version > 1 && html`<${Versions} path=${path} number=${track.metadata_version} />`}`}
    </section>`;
}

function Said({ music }) {
  const facts = [
    ["Genres", music.genre_tags.join(", ")], ["Moods", music.mood_tags.join(", ")], ["Language", music.language],
    ["Released", music.release_status.replaceAll("_", " ")], ["Year", music.year], ["With", music.collaborator_names.join(", ")],
  ];
  return html`<dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function Form({ track, path, onDone, onLeave }) {
  const [title, setTitle] = useState(track.metadata.title);
  const [music, setMusic] = useState(() => startFrom(track.metadata));
  const [reason, setReason] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const metadata = { ...track.metadata, ...metadataOf(music), title: title.trim() };
    /** @type {any} */
    let answer;
    const went = await action.run(async () => {
      answer = await post(`/tracks/${path}/corrections`, { expects: track.metadata_version, metadata, reason: reason.trim() });
    });
    if (!went) return;
    announce(answer.reviewer_asked ? ASKED : "Corrected.");
    onDone(answer.reviewer_asked);
  };
  return html`
    <form class="stack" onSubmit=${send}>
      <${Field} label="Title" required maxlength="200" value=${title} onInput=${setTitle} />
      <${MusicFields} music=${music} onChange=${setMusic} wrong=${{}} />
      <${Field} label="Why do you correct it?" hint="If it bears on a decision, the track is decided anew, or a reviewer looks at it." required minlength="3" maxlength="500" value=${reason} onInput=${setReason} />
      <${ProblemNotice} problem=${action.problem} />
      <p class="row"><${Button} type="submit" kind="main" busy=${action.busy}>Save<//><${Button} onClick=${onLeave}>Leave it as it is<//></p>
    </form>`;
}

function Versions({ path, number }) {
  const state = useData(() => get(`/tracks/${path}/corrections`), [path, number]);
  return html`<details><summary>Corrected ${number === 2 ? "once" : `${number - 1} times`}</summary>
    <${Loaded} state=${state} lines=${2}>${(found) => html`<ol class="timeline">${found.versions.map((one) => html`<li key=${one.number}><b>${one.metadata.title}</b> <span class="quiet small">${at(one.at)}</span><div class="small break">${one.reason}</div></li>`)}</ol>`}<//></details>`;
}

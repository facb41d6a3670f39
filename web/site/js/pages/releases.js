/** One's own releases: showing control of one, so that matches with it are not held against one's tracks. */
import { all, post } from "../api.js";
import { onDay } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, Loaded, ProblemNotice } from "../ui/parts.js";
import { proofTold } from "../words-control.js";

export function Releases({ query }) {
  const state = useData(() => all("/control", "proofs"), [], (proofs) => (proofs?.some((one) => one.state === "open") ? 30_000 : 0));
  return html`
    <p class="small"><a href="#/tracks">My tracks</a></p>
    <div class="stack loose">
      <div class="stack tight"><h1>My releases</h1><p class="lead">If a check says that your track is a known recording, and that recording is yours, show that you control the release.</p></div>
      <${Ask} query=${query} onDone=${state.reload} />
      <${Loaded} state=${state} lines=${4}>${(proofs) => proofs.length > 0 && html`
        <section class="stack" aria-labelledby="asked"><h2 id="asked">What you asked for</h2>
          <ul class="plain-list stack">${[...proofs].reverse().map((one) => html`<li key=${one.control_id} class="card stack tight"><${Proof} one=${one} /></li>`)}</ul></section>`}<//>
    </div>`;
}

function Ask({ query, onDone }) {
  const [artist, setArtist] = useState(query.get("artist") ?? "");
  const [release, setRelease] = useState("");
  const refs = query.getAll("ref").slice(0, 20);
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post("/control", { artist: artist.trim(), release: release.trim(), refs }))) {
      announce("Here is your code.");
      setRelease("");
      onDone();
    }
  };
  return html`
    <form class="card stack" onSubmit=${send}><h2>Ask for a code</h2>
      <ol class="small-steps steps"><li><p>You get a code that nobody can guess.</p></li><li><p>You put it into the public description of the release.</p></li><li><p>A reviewer looks there, and records what they saw.</p></li></ol>
      <${ProblemNotice} problem=${action.problem} />
      <${Field} label="Artist" hint="As the release names it." required maxlength="200" value=${artist} onInput=${setArtist} />
      <${Field} label="Release, and its public page" hint="A page whose description you can change." required minlength="3" maxlength="500" value=${release} onInput=${setRelease} />
      <p><${Button} type="submit" kind="main" busy=${action.busy}>Get a code<//></p></form>`;
}

function Proof({ one }) {
  const said = proofTold(one.state);
  return html`
    <div class="row apart top"><div><b class="break">${one.artist}</b><div class="quiet small break">${one.release}</div></div><${Badge} tone=${said.tone}>${said.label}<//></div>
    ${one.state === "open" && html`<p>Your code: <code class="code">${one.code}</code></p>`}
    <p>${said.says}</p>
    <p class="quiet small">${one.recorded ? `Looked at on ${onDay(one.recorded)}` : `The code is good until ${onDay(one.expires)}`}${one.note ? html`. <span class="break">${one.note}</span>` : ""}</p>`;
}

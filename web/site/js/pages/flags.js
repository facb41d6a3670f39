/** Flags that contributors put on tracks, for reviewers: all flags on one track are settled together. */
import { all, post } from "../api.js";
import { ago, count, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Badge, Button, Empty, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { ABOUT } from "../words-flags.js";

/** @param {any[]} flags @returns {any[][]} */
function byTrack(flags) {
  const groups = new Map();
  for (const one of flags) groups.set(one.track_id, [...(groups.get(one.track_id) ?? []), one]);
  return [...groups.values()];
}

export function Flags() {
  const state = useData(() => all("/flags", "flags"), [], () => 30_000);
  const [ended, end] = useState(null);
  const settled = (answer) => {
    end(answer);
    state.reload();
  };
  return html`
    <div class="stack">
      <div class="stack tight"><h1>Flags</h1><p class="lead">Contributors ask that somebody look. Dismiss it, or open a claim: that locks the track, and somebody else decides it.</p></div>
      ${ended && html`<${Notice} tone="good" title=${ended.claim_id ? "A claim was opened." : "Dismissed."}>${ended.claim_id ? html`<a href=${`#/claims/${ended.claim_id}`}>See the claim</a>. Another reviewer decides it.` : "The track stays as it is."}<//>`}
      <${Loaded} state=${state} lines=${5}>${(flags) => flags.length
        ? byTrack(flags).map((group) => html`<${Flagged} key=${group[0].track_id} flags=${group} onDone=${settled} />`)
        : html`<${Empty} title="No flag waits">Flags on tracks of others appear on their own.<//>`}<//>
    </div>`;
}

function Flagged({ flags, onDone }) {
  const { track_id: track, title, artist } = flags[0];
  return html`
    <section class="card stack" aria-labelledby=${`flag-${track}`}>
      <div class="row apart"><h2 id=${`flag-${track}`} class="break">${title ?? shortId(track)}</h2><${Badge} tone="wait">${count(flags.length, "flag")}<//></div>
      <p class="quiet small">${artist ? `${artist} · ` : ""}<a href=${`#/review/${track}`}>What the checks found</a></p>
      <ul class="plain-list stack">${flags.map((one) => html`<li key=${one.by} class="said-box stack tight"><p><b>${ABOUT[one.about] ?? one.about}</b> <span class="quiet small">${shortId(one.by)}, ${ago(one.at)}</span></p><p class="break">${one.words}</p></li>`)}</ul>
      <details><summary>Settle ${flags.length === 1 ? "it" : "them"}</summary><${Settle} track=${track} onDone=${onDone} /></details>
    </section>`;
}

function Settle({ track, onDone }) {
  const [outcome, choose] = useState("");
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    let answer;
    const went = await action.run(async () => {
      answer = await post(`/tracks/${track}/flags/decision`, { outcome, reason: reason.trim() });
    });
    if (!went) return;
    announce("Recorded.");
    onDone(answer);
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Choice} legend="Your decision" name=${`settle-${track}`} value=${outcome} onChange=${choose} options=${[
        ["dismissed", "Dismiss", "Nothing about the track changes."],
        ["claim_opened", "Open a claim", "The track is locked at once. Its owner reads what you write below."]]} />
      <${Field} as="textarea" label="Why" hint="At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!outcome}>Record it<//></p></form>`;
}

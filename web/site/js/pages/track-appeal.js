/** The right to answer: an appeal against a rejection, once. */
import { post } from "../api.js";
import { at } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Badge, Button, ProblemNotice } from "../ui/parts.js";

const OUTCOME = { lapsed: ["off", "Ended without an answer"], upheld: ["good", "Upheld"], dismissed: ["bad", "Declined"] };

/** Outside recordings that the checks found, as an address of the page on which control of one can be shown. */
function ownRelease(track) {
  const hits = track.evidence.filter((report) => report.source !== "vault").flatMap((report) => report.hits).filter((hit) => hit.similarity >= 0.4);
  if (!hits.length) return null;
  const query = new URLSearchParams({ artist: hits.find((hit) => hit.artist)?.artist ?? "" });
  for (const hit of hits.slice(0, 20)) query.append("ref", hit.ref);
  return `#/releases?${query}`;
}

const OwnRelease = ({ to }) => html`<p>Is the recording that was found yours? <a href=${to}>Show that you control the release</a>: that counts where the appeal is decided.</p>`;

export function AppealBox({ track, appeal, path, reload }) {
  const release = ownRelease(track);
  if (appeal && !appeal.answered && !appeal.reason && !appeal.outcome) return html`<${AppealForm} path=${path} release=${release} reload=${reload} until=${appeal.due ?? track.appeal_until} dispute />`;
  if (appeal) return html`<${Told} appeal=${appeal} release=${release} />`;
  if (track.status !== "rejected" || track.appeal_used || !track.audio_sha256) return null;
  return html`<${AppealForm} path=${path} release=${release} reload=${reload} until=${track.appeal_until} />`;
}

function Told({ appeal, release }) {
  const [tone, word] = OUTCOME[appeal.outcome] ?? ["wait", "Open"];
  return html`
    <section class="card stack tight" aria-labelledby="appeal">
      <div class="row apart"><h2 id="appeal">Your appeal</h2><${Badge} tone=${tone}>${word}<//></div>
      <p class="quiet small">Filed on ${at(appeal.filed)}${appeal.decided ? `, decided on ${at(appeal.decided)}` : ""}</p>
      ${appeal.reason && html`<p class="break">${appeal.reason}</p>`}
      ${release && !appeal.outcome && html`<${OwnRelease} to=${release} />`}
      ${appeal.answer && html`<div class="said-box"><p class="quiet small">The answer</p><p class="break">${appeal.answer}</p></div>`}
    </section>`;
}

function AppealForm({ path, release, reload, until, dispute = false }) {
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const sent = await action.run(() => post(`/tracks/${path}/appeal`, { reason: reason.trim() }));
    if (sent) {
      announce("Your appeal was filed.");
      reload();
    }
  };
  return html`
    <section class="card stack" aria-labelledby="appeal">
      <h2 id="appeal">${dispute ? "Is this wrong? Answer" : "Is this wrong? Appeal"}</h2>
      <p>${dispute ? "The match was so strong that the rules rejected the track, and opened a dispute for you to answer." : "You can appeal once."} The track is compared anew with the detectors as they are today, and somebody who did not reject it decides. You get the answer in words.</p>
      ${until && html`<p>You can do this until <b>${at(until)}</b>.</p>`}
      ${release && html`<${OwnRelease} to=${release} />`}
      <form onSubmit=${send}>
        <${ProblemNotice} problem=${action.problem} />
        <${Field} as="textarea" label="Why it should be accepted" hint="For example: both recordings are yours, or the passage is in the public domain. At least 10 characters." required minlength="10" maxlength="4000" value=${reason} onInput=${set} />
        <p class="form-end"><${Button} type="submit" kind="main" busy=${action.busy}>${dispute ? "Send the answer" : "File the appeal"}<//></p>
      </form>
    </section>`;
}

/** The vote, the votes so far, and an admin's override. */
import { post } from "../api.js";
import { at, shortId } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { is, session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Choice, Field } from "../ui/fields.js";
import { Badge, Button, Notice, ProblemNotice } from "../ui/parts.js";

const CHOICES = [
  ["approve", "Approve", "It may enter the vault."],
  ["reject", "Reject", "The owner reads your note, without your name, and may appeal."],
  ["needs_more_info", "Ask the owner", "Your note is the question. Votes wait for the answer."],
];
const NOTE = { approve: ["A note for reviewers", true], reject: ["Why? The owner reads this", false], needs_more_info: ["Your question to the owner", false] };

export function Ballot({ found, path, reload }) {
  const [vote, choose] = useState("");
  const [note, setNote] = useState("");
  const [tried, setTried] = useState(false);
  const action = useAction();
  const me = session()?.account.account_id;
  const voted = found.votes.find((one) => one.counts && one.reviewer === me);
  if (found.status !== "pending_review" || found.approval) {
    return html`<${Notice} tone=${found.approval ? "good" : "off"} title=${found.approval ? "Approved." : "Decided."}>${found.approval ? "It is being compared once more, then put into the vault." : "No vote is open on this track."}<//>`;
  }
  if (!found.evidence_sha256) return html`<${Notice} tone="wait" title="Not checked yet.">There is nothing to vote on.<//>`;
  const wrong = tried && vote && vote !== "approve" && note.trim().length < 3 ? "Please say it in words." : "";
  const send = async (event) => {
    event.preventDefault();
    setTried(true);
    if (!vote || (vote !== "approve" && note.trim().length < 3)) return;
    const sent = await action.run(() => post(`/review/${path}/votes`, { vote, note: note.trim(), evidence_sha256: found.evidence_sha256 }));
    if (sent) {
      announce(vote === "needs_more_info" ? "The owner was asked." : "Your vote was counted.");
      choose("");
      setNote("");
      setTried(false);
    }
    reload();
  };
  const [label, optional] = NOTE[vote] ?? NOTE.approve;
  return html`
    <section class="card stack" aria-labelledby="vote">
      <h2 id="vote">Your vote</h2>
      ${voted && html`<${Notice} tone="good" title="You voted.">To ${voted.vote} it. ${found.needed > 1 ? `${found.needed} voices of one mind decide.` : ""}<//>`}
      ${found.waits_for_owner_since && html`<${Notice} tone="wait" title="The owner was asked.">Votes wait for the answer, or for the time to run out.<//>`}
      ${!voted && html`
        <form class="stack" onSubmit=${send}>
          <${ProblemNotice} problem=${action.problem} />
          <${Choice} legend=${`${found.needed} of one mind decide${found.flagged ? ", since it is flagged" : ""}`} name="vote" value=${vote} onChange=${choose} options=${CHOICES} />
          ${tried && !vote && html`<p class="wrong">Choose one.</p>`}
          <${Field} as="textarea" label=${label} optional=${optional} maxlength="2000" value=${note} onInput=${setNote} wrong=${wrong} />
          <p><${Button} type="submit" kind="main" busy=${action.busy}>Cast the vote<//></p>
        </form>`}
      ${is("admin") && html`<${Override} found=${found} path=${path} reload=${reload} />`}
    </section>`;
}

function Override({ found, path, reload }) {
  const [reason, set] = useState("");
  const action = useAction();
  const decide = (vote) => async () => {
    await action.run(() => post(`/review/${path}/override`, { vote, reason: reason.trim(), evidence_sha256: found.evidence_sha256 }));
    reload();
  };
  return html`
    <details>
      <summary>Decide alone, as an admin</summary>
      <div class="stack">
        <${ProblemNotice} problem=${action.problem} />
        <${Field} as="textarea" label="Reason" hint="It stays on record. At least 10 characters." minlength="10" maxlength="2000" value=${reason} onInput=${set} />
        <p class="row"><${Button} kind="small" busy=${action.busy} onClick=${decide("approve")}>Approve<//><${Button} kind="small danger" busy=${action.busy} onClick=${decide("reject")}>Reject<//></p>
      </div>
    </details>`;
}

export const Votes = ({ found }) => found.votes.length === 0 ? null : html`
  <section class="card stack" aria-labelledby="votes">
    <h2 id="votes">Votes</h2>
    <ul class="plain-list stack">${found.votes.map((vote, n) => html`
      <li key=${n} class="said-box stack tight">
        <p class="row"><${Badge} tone=${vote.vote === "approve" ? "good" : "bad"}>${vote.vote === "approve" ? "Approve" : "Reject"}<//>
          <span class="quiet small">${vote.reviewer === session()?.account.account_id ? "You" : shortId(vote.reviewer)}${vote.override ? ", alone as an admin" : ""}, ${at(vote.at)}</span></p>
        ${!vote.counts && html`<p class="small quiet">On earlier evidence, so it does not count any more.</p>`}
        ${vote.note && html`<p class="break">${vote.note}</p>`}
      </li>`)}</ul>
  </section>`;

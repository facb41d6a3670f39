/** What reviewers tell each other about a track, beside their votes. */
import { post } from "../api.js";
import { at, shortId } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Button, ProblemNotice } from "../ui/parts.js";

export function Notes({ notes, path, reload }) {
  const [text, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post(`/review/${path}/notes`, { note: text.trim() }))) {
      announce("Noted.");
      set("");
      reload();
    }
  };
  return html`
    <section class="card stack" aria-labelledby="notes"><h2 id="notes">Notes between reviewers</h2>
      ${notes.length === 0 ? html`<p class="quiet">None yet. Its owner never reads them.</p>` : html`
        <ul class="plain-list stack">${notes.map((one) => html`<li key=${one.number} class="said-box stack tight">
          <p class="quiet small">${one.by === session()?.account.account_id ? "You" : shortId(one.by)}, ${at(one.at)}</p><p class="break">${one.note}</p></li>`)}</ul>`}
      <form class="stack" onSubmit=${send}>
        <${ProblemNotice} problem=${action.problem} />
        <${Field} as="textarea" label="Add a note" hint="It is no vote." minlength="3" maxlength="2000" required value=${text} onInput=${set} />
        <p><${Button} type="submit" kind="small" busy=${action.busy} disabled=${text.trim().length < 3}>Add it<//></p>
      </form>
    </section>`;
}

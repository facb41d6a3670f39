/** What reviewers asked the owner. The clock stands still until the answer. */
import { post } from "../api.js";
import { at } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Field } from "../ui/fields.js";
import { Button, ProblemNotice } from "../ui/parts.js";

export function Questions({ path, questions, reload }) {
  const [answer, set] = useState("");
  const action = useAction();
  const open = questions.some((one) => one.answer === null);
  const send = async (event) => {
    event.preventDefault();
    const sent = await action.run(() => post(`/review/${path}/answers`, { answer }));
    if (sent) {
      announce("Your answer was sent.");
      reload();
    }
  };
  return html`
    <section class="card stack" aria-labelledby="questions">
      <h2 id="questions">${open ? "A reviewer has a question" : "Questions and answers"}</h2>
      ${questions.map((one) => html`
        <div key=${one.number} class="said-box stack tight">
          <p class="quiet small">Asked on ${at(one.asked)}</p>
          <p class="break"><b>${one.question}</b></p>
          ${one.answer !== null && html`<p class="break">Your answer: ${one.answer}</p>`}
        </div>`)}
      ${open && html`
        <form onSubmit=${send}>
          <${ProblemNotice} problem=${action.problem} />
          <${Field} as="textarea" label="Your answer" hint="The reviewers read it with the evidence." required maxlength="2000" value=${answer} onInput=${set} />
          <p class="form-end"><${Button} type="submit" kind="main" busy=${action.busy}>Send the answer<//></p>
        </form>`}
    </section>`;
}

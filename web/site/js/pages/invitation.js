/** What the letter to a rights holder opens: what they are asked to allow, and their own answer. */
import { get, post } from "../api.js";
import { onDay } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { go } from "../router.js";
import { Tick } from "../ui/fields.js";
import { Button, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { Prose } from "../ui/prose.js";
import { FLAGS } from "../words.js";
import { Permission } from "./submit-consent.js";

const NOTHING = Object.fromEntries(FLAGS.map((flag) => [flag.name, false]));

export function InvitationPage({ query, mine }) {
  const token = query.get("token") ?? "";
  const state = useData(async () => {
    const [found, terms] = await Promise.all([post("/invitations/look", { token }), get("/terms")]);
    return { found, terms };
  }, [token]);
  return html`<${Loaded} state=${state} lines=${8} title="An invitation">${({ found, terms }) => html`<${Shown} found=${found} terms=${terms} token=${token} mine=${mine} />`}<//>`;
}

function Shown({ found, terms, token, mine }) {
  const here = `/invitation?token=${token}`;
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Do you agree?</h1>
        <p class="lead">You are named as ${found.named}, one of those who hold rights in “${found.title}” by ${found.artist}. Until you agree, the track is not used.</p></div>
      <section class="card stack"><h2>What the contributor allows</h2>
        <ul>${FLAGS.filter((flag) => found.contributor_allows[flag.name]).map((flag) => html`<li key=${flag.name}>${flag.title}</li>`)}</ul>
        <p class="quiet">A use is allowed only where all of you allow it. This invitation ends on ${onDay(found.expires)}.</p></section>
      ${mine ? html`<${Answer} terms=${terms} token=${token} />`
        : html`<${Notice} tone="note" title="To answer, you need an account of your own.">
          <p class="row"><a class="button main" href=${`#/join?next=${encodeURIComponent(here)}`}>Create an account</a><a class="button" href=${`#/sign-in?next=${encodeURIComponent(here)}`}>Sign in</a></p><//>`}
    </div>`;
}

function Answer({ terms, token }) {
  const [flags, set] = useState(NOTHING);
  const [accepted, accept] = useState(false);
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post("/invitations/accept", { token, flags, accepted_terms_sha256: terms.sha256 }))) go("/tracks");
  };
  return html`
    <form class="card stack" onSubmit=${send}><h2>What you allow</h2>
      <div>${FLAGS.map((flag) => html`<${Permission} key=${flag.name} flag=${{ ...flag, needed: false }} on=${flags[flag.name]} onChange=${(value) => set({ ...flags, [flag.name]: value })} />`)}</div>
      <details><summary>Read the whole text (version ${terms.number})</summary><div class="terms-box prose" tabindex="0" role="region" aria-label="Contribution terms"><${Prose} text=${terms.text} top=${3} /></div></details>
      <${Tick} label="I have read the contribution terms and agree to them." checked=${accepted} onChange=${accept} required />
      <${ProblemNotice} problem=${action.problem} />
      <p><${Button} type="submit" kind="main" busy=${action.busy} disabled=${!accepted}>Give my consent<//></p>
    </form>`;
}

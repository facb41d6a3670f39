/** Reporting an infringement: no account, one mail to confirm, and the track is locked while people look. */
import { post } from "../api.js";
import { at } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { Choice, Field, Tick } from "../ui/fields.js";
import { Badge, Button, Loaded, Notice, ProblemNotice } from "../ui/parts.js";
import { claimTold } from "../words-claims.js";

const START = { claimant: "", email: "", capacity: "rights_holder", title: "", artist: "", where: "", track_id: "", met: "", basis: "", in_good_faith: false };

function askOf(form) {
  const about = form.track_id.trim();
  return {
    claimant: form.claimant.trim(), email: form.email.trim(), capacity: form.capacity,
    work: { title: form.title.trim(), artist: form.artist.trim(), where: form.where.trim() },
    ...(about.startsWith("out_") ? { output_id: about } : { track_id: about || null }), met: form.met.trim(), basis: form.basis.trim(), in_good_faith: form.in_good_faith,
  };
}

export function Report({ query }) {
  const [form, set] = useState({ ...START, track_id: query.get("track") ?? query.get("output") ?? "" });
  const [filed, keep] = useState(null);
  const action = useAction();
  const change = (name) => (value) => set((old) => ({ ...old, [name]: value }));
  const send = (event) => {
    event.preventDefault();
    action.run(async () => keep(await post("/claims", askOf(form))));
  };
  if (filed) return html`<${Filed} filed=${filed} email=${form.email} />`;
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Report an infringement</h1>
        <p class="lead">If a track in the vault, or music that a model made and that was exported here, uses work of yours without your permission, tell us here. You need no account.</p></div>
      <ol class="steps small-steps">
        <li><h2 class="h3">You confirm</h2><p>We mail you a link. Your report counts from then on.</p></li>
        <li><h2 class="h3">It is held back</h2><p>At once: a track leaves every training job, a generated output can't be released.</p></li>
        <li><h2 class="h3">People decide</h2><p>A reviewer looks, the other side may answer, and you read the outcome with its reason.</p></li>
      </ol>
      <form class="card stack" onSubmit=${send}>
        <h2>Your work</h2>
        <div class="grid">
          <${Field} label="Title of your work" required maxlength="200" value=${form.title} onInput=${change("title")} />
          <${Field} label="Artist" required maxlength="200" value=${form.artist} onInput=${change("artist")} />
        </div>
        <${Field} label="Where it can be heard or looked up" hint="A public address, an ISRC, or a catalogue number." required minlength="3" maxlength="500" value=${form.where} onInput=${change("where")} />
        <h2>What it is about</h2>
        <${Field} label="The track or the output" optional hint="Its id, if you know it: trk_ for a track of the vault, out_ for a generated output, as its certificate names it. Only then can it be held back at once." maxlength="64" value=${form.track_id} onInput=${change("track_id")} />
        <${Field} label="Where you came across it" optional hint="If you don't know the track: how you noticed." maxlength="1000" value=${form.met} onInput=${change("met")} />
        <${Field} as="textarea" label="What is the same, and which rights you hold in it" hint="The other side reads this, without your name. At least 30 characters." required minlength="30" maxlength="4000" value=${form.basis} onInput=${change("basis")} />
        <h2>You</h2>
        <div class="grid">
          <${Field} label="Your name" required maxlength="80" autocomplete="name" value=${form.claimant} onInput=${change("claimant")} />
          <${Field} label="E-mail" type="email" required maxlength="254" autocomplete="email" hint="Only for this report. Erased some time after it has ended." value=${form.email} onInput=${change("email")} />
        </div>
        <${Choice} legend="You speak as" name="capacity" value=${form.capacity} onChange=${change("capacity")} options=${[["rights_holder", "The person who holds the rights"], ["representative", "Somebody who may speak for them"]]} />
        <${Tick} label="I believe in good faith that what I say is true, and know that a false report harms somebody." required checked=${form.in_good_faith} onChange=${change("in_good_faith")} />
        <${ProblemNotice} problem=${action.problem} />
        <p><${Button} type="submit" kind="main" busy=${action.busy}>Send the report<//></p>
      </form>
    </div>`;
}

function Filed({ filed, email }) {
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), []);
  return html`
    <div class="narrow stack">
      <h1 tabindex="-1" ref=${heading}>Now look into your mail</h1>
      <div class="card stack">
        <p>We sent a link to <b class="break">${email}</b>. Your report counts once you open it, at the latest by ${at(filed.confirm_until)}. The same link shows you later where it stands, so keep it to yourself.</p>
        <p class="small quiet break">Number of your report: <code>${filed.claim_id}</code></p>
      </div>
    </div>`;
}

/** The page that the mailed link opens: confirm, then follow. */
export function ClaimStatus({ query }) {
  const id = encodeURIComponent(query.get("id") ?? ""), token = query.get("token") ?? "";
  const state = useData(() => post(`/claims/${id}/status`, { token }), [id, token]);
  const action = useAction();
  const confirm = () => action.run(async () => {
    await post(`/claims/${id}/confirmation`, { token });
    state.reload();
  });
  return html`
    <div class="narrow stack">
      <h1>Your report</h1>
      <${Loaded} state=${state} lines=${4}>${(claim) => {
        const said = claimTold(claim.state);
        return html`
          <div class="card stack">
            <p><${Badge} tone=${said.tone}>${said.label}<//></p>
            <p>${said.author}</p>
            ${claim.locked && html`<${Notice} tone="note">The track is locked: no training job gets it.<//>`}
            ${claim.reason && html`<blockquote class="said-box break">${claim.reason}</blockquote>`}
            <dl class="facts"><dt>Filed</dt><dd>${at(claim.filed)}</dd>
              ${claim.confirmed && html`<dt>Confirmed</dt><dd>${at(claim.confirmed)}</dd>`}
              ${claim.due && html`<dt>Next step by</dt><dd>${at(claim.due)}</dd>`}
              ${claim.ended && html`<dt>Ended</dt><dd>${at(claim.ended)}</dd>`}</dl>
            <${ProblemNotice} problem=${action.problem} />
            ${claim.state === "unconfirmed" && html`<p><${Button} kind="main" busy=${action.busy} onClick=${confirm}>Confirm this report<//></p>`}
          </div>`;
      }}<//>
    </div>`;
}

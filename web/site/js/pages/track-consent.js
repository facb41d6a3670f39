/** What the owner allows, and the receipts. */
import { get } from "../api.js";
import { at } from "../format.js";
import { useAction } from "../hooks.js";
import { html } from "../lib.js";
import { Icon } from "../ui/art.js";
import { Button, ProblemNotice, download } from "../ui/parts.js";
import { FLAGS } from "../words.js";

export function Allowed({ track, path, mine }) {
  const { rights } = track;
  const action = useAction();
  const receipt = () => action.run(async () => download(`consent-receipt-${track.track_id}.json`, await get(`/tracks/${path}/receipt`)));
  const waiting = rights.parties.filter((party) => !party.consented);
  return html`
    <section class="card stack" aria-labelledby="allowed">
      <div class="row apart"><h2 id="allowed">What ${mine ? "you allow" : "the owner allows"}</h2>
        <span class="quiet small">Consent version ${rights.consent_version}, given ${at(rights.given)}</span></div>
      ${rights.revoked && html`<p><b>All of it was taken back</b> on ${at(rights.revoked_at)}. What follows was allowed before.</p>`}
      <ul class="plain-list switches">${FLAGS.map((flag) => html`
        <li key=${flag.name}><${Icon} name=${rights.flags[flag.name] ? "good" : "off"} />
          <span>${flag.title}: <b>${rights.flags[flag.name] ? "yes" : "no"}</b></span></li>`)}</ul>
      ${waiting.length > 0 && html`<p>Waiting for the consent of ${waiting.map((party) => party.name).join(", ")}. Until then the track is not used.</p>`}
      <${ProblemNotice} problem=${action.problem} />
      ${mine && html`<p class="row"><${Button} kind="small" busy=${action.busy} onClick=${receipt}><${Icon} name="down" />Consent receipt<//>
        <span class="quiet small">Signed. <code>lemm verify</code> checks it without us.</span></p>`}
    </section>`;
}

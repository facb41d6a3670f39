/** Step three: what one declares, and what one allows, each permission explained. */
import { html } from "../lib.js";
import { Choice, Tick } from "../ui/fields.js";
import { Prose } from "../ui/prose.js";
import { FLAGS } from "../words.js";

export const START = {
  rights_holder_type: "individual", is_original: true, is_cover: false, has_third_party_samples: false,
  ...Object.fromEntries(FLAGS.map((flag) => [flag.name, false])),
};

/** One permission: what it means, what it never means, how it ends. */
export const Permission = ({ flag, on, onChange, wrong }) => html`
  <div class="allow">
    <input type="checkbox" id=${flag.name} checked=${on} aria-describedby=${`${flag.name}-more`} aria-invalid=${wrong ? "true" : undefined} onChange=${(event) => onChange(event.target.checked)} />
    <label for=${flag.name}>${flag.title} ${flag.needed && html`<span class="tag">needed</span>`}</label>
    <div id=${`${flag.name}-more`}>
      ${wrong && html`<p class="wrong">${wrong}</p>`}
      <dl><dt>We do</dt><dd>${flag.does}</dd><dt>Never</dt><dd>${flag.never}</dd><dt>Taken back</dt><dd>${flag.back}</dd></dl>
    </div>
  </div>`;

export function Consent({ terms, rights, onChange, accepted, onAccept, wrong }) {
  const set = (name) => (value) => onChange({ ...rights, [name]: value });
  return html`
    <section aria-labelledby="step-consent" class="stack">
      <div class="step-head"><span class="n" aria-hidden="true">3</span><h2 id="step-consent">What you declare, and what you allow</h2></div>
      <div class="card stack">
        <${Choice} legend="You hold the rights as" name="holder" value=${rights.rights_holder_type} onChange=${set("rights_holder_type")}
          options=${[["individual", "The person who made it"], ["label", "A label"], ["publisher", "A publisher"]]} />
        <fieldset>
          <legend>The music</legend>
          <${Tick} label="It is an original work" checked=${rights.is_original} onChange=${set("is_original")} />
          <${Tick} label="It is a cover of another work" hint="That is fine to say. A person looks at it." checked=${rights.is_cover} onChange=${set("is_cover")} />
          <${Tick} label="It contains samples of others" hint="That is fine to say. A person looks at it." checked=${rights.has_third_party_samples} onChange=${set("has_third_party_samples")} />
        </fieldset>
      </div>
      <div class="card">
        <h3>What you allow</h3>
        <p class="quiet">Everything is off until you turn it on. You keep your copyright, and may use, sell and license your music as you like.</p>
        ${FLAGS.map((flag) => html`<${Permission} key=${flag.name} flag=${flag} on=${rights[flag.name]} onChange=${set(flag.name)} wrong=${wrong[flag.name]} />`)}
      </div>
      <div class="card stack tight">
        <h3>Taking it back</h3>
        <p>One click on “My tracks”, at any time, without a reason. From then on no training job gets the track. Your audio is deleted after the retention time, and you get a signed receipt. Models that were trained before do not change.</p>
        <h3>The terms in short</h3>
        <ul>${terms.summary.map((line, n) => html`<li key=${n}>${line}</li>`)}</ul>
        <details>
          <summary>Read the whole text (version ${terms.number})</summary>
          <div class="terms-box prose" tabindex="0" role="region" aria-label="Contribution terms"><${Prose} text=${terms.text} top=${4} /></div>
        </details>
        <${Tick} id="accepted" label="I have read the contribution terms and agree to them." checked=${accepted} onChange=${onAccept} wrong=${wrong.accepted} />
      </div>
    </section>`;
}

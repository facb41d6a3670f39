/** Welcome: what this is, in one look. */
import { html } from "../lib.js";
import { Vault } from "../ui/art.js";

const STEPS = [
  ["You give", "Drop your own tracks here and say what may be done with them. Each permission is a switch of its own."],
  ["We check", "Every track is compared with the vault and with outside catalogues. Where the checks are unsure, people look at the evidence and vote."],
  ["Models learn", "Training jobs read tracks through a gateway that asks for your consent at each read, and writes each one down."],
  ["You decide again", "One click takes a track back. You get a signed receipt of every run that had it."],
];

export const Home = ({ mine }) => html`
  <section class="hero">
    <div>
      <h1>Give your music. Keep your say.</h1>
      <p class="lead">A vault of music that belongs to the people who made it: given with consent, checked for what it is, and taken back with one click.</p>
      <div class="row">
        <a class="button main" href=${mine ? "#/submit" : "#/join"}>Give tracks</a>
        <a class="button" href="#/how">How it works</a>
      </div>
    </div>
    <${Vault} />
  </section>
  <section aria-labelledby="way">
    <h2 id="way" class="hidden">The way of a track</h2>
    <ol class="steps">${STEPS.map(([title, text]) => html`<li key=${title}><h3>${title}</h3><p>${text}</p></li>`)}</ol>
  </section>
  <section class="section grid" aria-label="Promises">
    <div class="card stack tight">
      <h2>What we do</h2>
      <ul class="does">
        <li>Train and evaluate music models on tracks whose owners allow it</li>
        <li>Stop generated music that comes too close to yours</li>
        <li>Keep a public, signed log of every decision and every read</li>
        <li>Delete your audio after you take it back</li>
      </ul>
    </div>
    <div class="card stack tight">
      <h2>What we never do</h2>
      <ul class="never">
        <li>Publish your recording, or hand it out</li>
        <li>Sell it, or claim it as ours</li>
        <li>Use it for a purpose whose switch is off</li>
        <li>Count a check that was not made as passed</li>
      </ul>
    </div>
  </section>`;

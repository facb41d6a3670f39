/** Hear and see a matching passage on both sides. Links live for minutes, are the reviewer's own, and are logged. */
import { bytesOf, call, post } from "../api.js";
import { clock } from "../format.js";
import { useAction } from "../hooks.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { announce } from "./announce.js";
import { Icon } from "./art.js";
import { drawMel, drawWave } from "./drawing.js";
import { Field } from "./fields.js";
import { Button, ProblemNotice } from "./parts.js";
import { inTimes } from "./spans.js";

const SIDES = [["query", "This track"], ["reference", "What it resembles"]];

async function open(trackId, ask) {
  const link = await post(`/review/${trackId}/snippets`, ask);
  const [picture, sound] = await Promise.all([call("GET", link.picture), bytesOf(link.audio)]);
  return { link, picture, url: URL.createObjectURL(sound) };
}

export function Listen({ hit, source, trackId }) {
  const [span, choose] = useState(0);
  const [sides, set] = useState(null);
  const action = useAction();
  const held = useRef([]);
  const drop = () => {
    for (const one of held.current) URL.revokeObjectURL(one.url);
    held.current = [];
  };
  useEffect(() => drop, []);
  const load = () => action.run(async () => {
    drop();
    set(null);
    const wanted = source === "vault" ? SIDES : SIDES.slice(0, 1);
    const found = await Promise.allSettled(wanted.map(([side]) => open(trackId, { source, ref: hit.ref, span, side })));
    const told = found.map((one) => (one.status === "fulfilled" ? { opened: one.value, problem: null } : { opened: null, problem: one.reason }));
    held.current = told.flatMap((one) => (one.opened ? [one.opened] : []));
    if (!held.current.length) throw told[0].problem;
    set(wanted.map(([side, name], n) => ({ side, name, ...told[n] })));
    announce("The passage is ready to be played.");
  });
  return html`
    <div class="listen stack tight">
      <div class="row bottom">
        ${hit.spans.length > 1 && html`<div class="grow"><${Field} as="select" label="Passage" value=${span} onInput=${(value) => choose(Number(value))}>${hit.spans.map((one, n) => html`<option key=${n} value=${n}>${inTimes(one)}</option>`)}<//></div>`}
        <${Button} kind="small" busy=${action.busy} onClick=${load}><${Icon} name="play" />${source === "vault" ? "Listen side by side" : "Listen to this passage"}<//>
        <span class="quiet small">Each listening is written down.</span>
      </div>
      <${ProblemNotice} problem=${action.problem} />
      ${sides && html`<div class="sides">${sides.map((one) => html`<${Side} key=${one.side} ...${one} />`)}</div>`}
      ${sides && source !== "vault" && html`<p class="quiet small">Of outside sources there are fingerprints only, so there is no sound of the other side.</p>`}
    </div>`;
}

function Side({ name, opened, problem }) {
  if (!opened) return html`<${ProblemNotice} problem=${problem} />`;
  return html`<${Player} name=${name} opened=${opened} />`;
}

function Player({ name, opened }) {
  const { picture, url } = opened;
  const wave = useRef(null), mel = useRef(null), sound = useRef(null), hand = useRef(null);
  const [playing, play] = useState(false);
  useEffect(() => {
    const draw = () => {
      drawWave(wave.current, picture.peaks);
      drawMel(mel.current, picture.mel);
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    return () => dark.removeEventListener("change", draw);
  }, [picture]);
  useEffect(() => {
    if (!playing) return undefined;
    let frame = 0;
    const follow = () => {
      const { currentTime = 0, duration = 1 } = sound.current ?? {};
      if (hand.current) hand.current.style.left = `${Math.min(100, (currentTime / (duration || 1)) * 100)}%`;
      frame = requestAnimationFrame(follow);
    };
    frame = requestAnimationFrame(follow);
    return () => cancelAnimationFrame(frame);
  }, [playing]);
  const toggle = () => (playing ? sound.current.pause() : sound.current.play());
  const where = `${clock(picture.start_s)} to ${clock(picture.end_s)}`;
  return html`
    <figure class="side">
      <figcaption class="row apart"><b>${name}</b><span class="quiet small">${where}</span></figcaption>
      <div class="drawn">
        <canvas ref=${wave} width="600" height="72" role="img" aria-label=${`Waveform of ${name.toLowerCase()}, ${where}`}></canvas>
        <canvas ref=${mel} width=${picture.mel.length} height=${picture.mel[0]?.length ?? 1} class="mel" role="img" aria-label=${`Spectrogram of ${name.toLowerCase()}, 0 to ${Math.round(picture.mel_top_hz / 1000)} kHz`}></canvas>
        <span class="hand" ref=${hand} aria-hidden="true"></span>
      </div>
      <audio ref=${sound} src=${url} onPlay=${() => play(true)} onPause=${() => play(false)} onEnded=${() => play(false)}></audio>
      <${Button} kind="small" aria-pressed=${playing} onClick=${toggle}><${Icon} name=${playing ? "stop" : "play"} />${playing ? "Stop" : "Play"}<span class="hidden"> ${name.toLowerCase()}</span><//>
    </figure>`;
}

/** Give tracks: files, what they are, what is allowed; nothing leaves the computer before "Send". */
import { get } from "../api.js";
import { count } from "../format.js";
import { useData } from "../hooks.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { sendAll, unusable } from "../sending.js";
import { session } from "../session.js";
import { announce } from "../ui/announce.js";
import { Button, Loaded, Notice } from "../ui/parts.js";
import { FLAGS } from "../words.js";
import { Consent, START as RIGHTS } from "./submit-consent.js";
import { AboutMusic, metadataOf, start as startMetadata } from "./submit-music.js";
import { Files, Sent } from "./submit-files.js";

/** What is missing, by the id of the control that gives it. */
function missing(items, music, rights, accepted) {
  const found = {};
  if (!items.length) found.files = "Choose at least one file.";
  for (const one of items) {
    if (unusable(one.file)) found.files = "Take out the files that can't be read.";
    else if (!one.title.trim()) found[`title-${one.key}`] = "Give it a title.";
  }
  if (!music.artist.trim()) found.artist = "Say who the artist is.";
  if (!metadataOf(music).genre_tags.length) found.genres = "Name at least one genre.";
  if (!rights.training_allowed) found.training_allowed = "The vault is for training: without this permission a track can't enter.";
  else if (!FLAGS.some((flag) => flag.use && rights[flag.name])) found.internal_experiment_ok = "Turn on at least one use: as it is, nothing would be done with the track.";
  if (!accepted) found.accepted = "Read the terms, then tick this.";
  return found;
}

export function Submit() {
  const terms = useData(() => get("/terms"), []);
  const [items, setItems] = useState([]);
  const [music, setMusic] = useState(() => startMetadata(session()?.account.display_name ?? ""));
  const [rights, setRights] = useState(RIGHTS);
  const [accepted, setAccepted] = useState(false);
  const [tried, setTried] = useState(false);
  const [phase, setPhase] = useState("form");
  const summary = useRef(null);
  const stop = useRef(null);
  const wrong = tried ? missing(items, music, rights, accepted) : {};

  useEffect(() => {
    const ask = (event) => event.preventDefault();
    if (phase === "sending") addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [phase]);
  useEffect(() => () => stop.current?.abort(), []);

  const tell = (key, change) => setItems((old) => old.map((one) => (one.key === key ? { ...one, ...change } : one)));
  const send = async (event) => {
    event?.preventDefault();
    setTried(true);
    if (Object.keys(missing(items, music, rights, accepted)).length) {
      setTimeout(() => summary.current?.focus(), 0);
      return;
    }
    stop.current = new AbortController();
    setPhase("sending");
    await sendAll(items, { metadata: metadataOf(music), rights, terms: terms.data.sha256 }, tell, stop.current.signal);
    setPhase("sent");
    announce("Sending has ended.");
  };

  if (phase !== "form") {
    const again = () => {
      setItems([]);
      setAccepted(false);
      setTried(false);
      setPhase("form");
    };
    return html`<${Sent} items=${items} sending=${phase === "sending"} onRetry=${send} onAgain=${again} onStop=${() => stop.current?.abort()} />`;
  }
  return html`
    <form class="stack loose" onSubmit=${send} novalidate>
      <div class="stack tight">
        <h1>Give tracks</h1>
        <p class="lead">Three steps. Nothing leaves your computer before you press “Send”.</p>
      </div>
      ${Object.keys(wrong).length > 0 && html`
        <div class="notice tone-bad" role="alert" tabindex="-1" ref=${summary}>
          <span></span>
          <div class="said"><strong>Something is missing.</strong>
            <ul>${Object.entries(wrong).map(([id, text]) => html`<li key=${id}><a href=${`#${id}`} onClick=${(event) => jump(event, id)}>${text}</a></li>`)}</ul>
          </div>
        </div>`}
      <${Files} items=${items} onChange=${setItems} wrong=${wrong} />
      <${AboutMusic} music=${music} onChange=${setMusic} wrong=${wrong} several=${items.length > 1} />
      <${Loaded} state=${terms} lines=${6}>${(text) => html`
        <${Consent} terms=${text} rights=${rights} onChange=${setRights} accepted=${accepted} onAccept=${setAccepted} wrong=${wrong} />
        <div class="card row apart">
          <p class="grow">${items.length ? `${count(items.length, "file")}, ready to go.` : "No file chosen yet."} You can take every track back later.</p>
          <${Button} type="submit" kind="main">Send${items.length > 1 ? ` ${items.length} tracks` : ""}<//>
        </div>`}<//>
    </form>`;
}

function jump(event, id) {
  event.preventDefault(); // the address after "#" is the page's own
  const control = document.getElementById(id);
  control?.focus();
  control?.scrollIntoView({ block: "center" });
}

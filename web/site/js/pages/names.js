/** Names: which artists prompts are searched for; admins list them, change them and take them off. */
import { get, post } from "../api.js";
import { at, count, shortId } from "../format.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { announce } from "../ui/announce.js";
import { Choice, Field, Tick } from "../ui/fields.js";
import { Badge, Button, Empty, Loaded, ProblemNotice } from "../ui/parts.js";

const SHOWN = 50;
const WORD = { yes: true, no: false };

/** Every listed name, page after page. */
async function load() {
  const first = await get("/prompts/names", { limit: 500 });
  const names = [...first.names];
  for (let cursor = first.cursor; cursor;) {
    const next = await get("/prompts/names", { limit: 500, cursor });
    names.push(...next.names);
    cursor = next.cursor;
  }
  return { ...first, names };
}

export function NamesPage() {
  const state = useData(load, []);
  return html`
    <div class="stack loose">
      <div class="stack tight"><h1>Names</h1><p class="lead">Prompts are searched for these artists, however they are spelt. Artists with tracks in the vault are known without being listed.</p></div>
      <section class="card stack" aria-labelledby="add"><h2 id="add">List a name</h2><${Add} reload=${state.reload} /></section>
      <${Loaded} state=${state} lines=${4}>${(found) => found.names.length === 0
        ? html`<${Empty} title="No names yet">Only artists of the vault itself are known now.<//>`
        : html`<${Listed} names=${found.names} reload=${state.reload} />`}<//>
    </div>`;
}

function Listed({ names, reload }) {
  const [wanted, set] = useState("");
  const seen = wanted.trim().toLowerCase();
  const fitting = names.filter((one) => [one.name, ...one.aliases].some((name) => name.toLowerCase().includes(seen)));
  return html`
    <section class="stack" aria-labelledby="listed"><h2 id="listed">${count(names.length, "name")}</h2>
      <${Field} label="Find" type="search" value=${wanted} onInput=${set} />
      <p class="quiet small" role="status">${fitting.length > SHOWN ? `The first ${SHOWN} of ${fitting.length} are shown.` : `${count(fitting.length, "name")} shown.`}</p>
      <ul class="plain-list card list-card">${fitting.slice(0, SHOWN).map((one) => html`<li key=${`${one.pack}/${one.name}`} class="message stack tight"><${Name} one=${one} reload=${reload} /></li>`)}</ul>
    </section>`;
}

const Name = ({ one, reload }) => html`
  <div class="row apart top"><div><b class="break">${one.name}</b>${one.aliases.length > 0 && html`<span class="quiet"> · ${one.aliases.join(", ")}</span>`}
      <div class="quiet small">${one.pack ? `from ${one.pack}` : "our own list"}, ${at(one.at)} by ${shortId(one.by)}</div></div>
    <span class="row">${one.common === true && html`<${Badge} tone="note">ordinary word<//>`}${one.participating && html`<${Badge} tone="good">takes part<//>`}</span></div>
  <details><summary class="small">Take off the list</summary><${Remove} one=${one} reload=${reload} /></details>`;

function Add({ reload }) {
  const [name, setName] = useState("");
  const [aliases, setAliases] = useState("");
  const [word, setWord] = useState("list");
  const [agreed, setAgreed] = useState(false);
  const [reason, setReason] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    const spelt = aliases.split(",").map((one) => one.trim()).filter(Boolean);
    const entry = { name: name.trim(), aliases: spelt, common: WORD[word] ?? null, participating: agreed };
    if (await action.run(() => post("/prompts/names", { names: [entry], pack: null, reason: reason.trim() }))) {
      announce(`${entry.name} is listed.`);
      setName(""); setAliases(""); setWord("list"); setAgreed(false);
      reload();
    }
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Field} label="Name" required minlength="2" maxlength="100" value=${name} onInput=${setName} />
      <${Field} label="Other spellings" optional hint="With commas between them; other scripts too. Misspellings are found by themselves." value=${aliases} onInput=${setAliases} />
      <${Choice} legend="Is it an ordinary word as well?" name="common" value=${word} onChange=${setWord} options=${[["list", "As the word list says"], ["yes", "Yes", "It counts only where the prompt says that an artist is meant."], ["no", "No"]]} />
      <${Tick} label="This artist has agreed to be named in prompts" checked=${agreed} onChange=${setAgreed} />
      <${Field} label="Why" hint="At least 10 characters; kept with the change." required minlength="10" maxlength="1000" value=${reason} onInput=${setReason} />
      <p><${Button} type="submit" kind="main" busy=${action.busy}>List it<//></p></form>`;
}

function Remove({ one, reload }) {
  const [reason, set] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => post("/prompts/names/removal", { names: [one.name], pack: one.pack, reason: reason.trim() }))) announce(`${one.name} is off the list.`);
    reload();
  };
  return html`
    <form class="stack" onSubmit=${send}><${ProblemNotice} problem=${action.problem} />
      <${Field} label="Why" hint="At least 10 characters." required minlength="10" maxlength="1000" value=${reason} onInput=${set} />
      <p><${Button} type="submit" busy=${action.busy}>Take it off<//></p></form>`;
}

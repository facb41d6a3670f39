/** Signing in, and opening an account. */
import { join, signIn } from "../account.js";
import { get } from "../api.js";
import { useAction, useData } from "../hooks.js";
import { html, useState } from "../lib.js";
import { go } from "../router.js";
import { Field, Tick } from "../ui/fields.js";
import { Button, Loaded, Notice, ProblemNotice } from "../ui/parts.js";

const onwards = (query, otherwise) => {
  const next = query.get("next") ?? "";
  go(next.startsWith("/") ? next : otherwise);
};

/** Where one was going, from one of these pages to the other. */
const kept = (query) => (query.get("next") ? `?next=${encodeURIComponent(query.get("next"))}` : "");

export function SignIn({ query }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction();
  const send = async (event) => {
    event.preventDefault();
    if (await action.run(() => signIn(email, password))) onwards(query, "/tracks");
  };
  return html`
    <div class="narrow stack">
      <h1>Sign in</h1>
      <form class="card" onSubmit=${send}>
        <${ProblemNotice} problem=${action.problem} />
        <${Field} label="E-mail" type="email" autocomplete="username" required value=${email} onInput=${setEmail} />
        <${Field} label="Password" type="password" autocomplete="current-password" required value=${password} onInput=${setPassword} />
        <p class="form-end"><${Button} type="submit" kind="main" busy=${action.busy}>Sign in<//></p>
      </form>
      <p class="quiet">New here? <a href=${`#/join${kept(query)}`}>Create an account</a>. You stay signed in while this tab is open and in use.</p>
    </div>`;
}

export function Join({ query }) {
  const [asked, set] = useState({ email: "", password: "", display_name: "", affirms_authority: false });
  const [tried, setTried] = useState(false);
  const action = useAction();
  const statement = useData(() => get("/accounts/affirmation"), []);
  const change = (name) => (value) => set((old) => ({ ...old, [name]: value }));
  const short = tried && asked.password.length < 12 ? "At least 12 characters, please. A short sentence works well." : "";
  const unaffirmed = tried && !asked.affirms_authority ? "We need this statement before you can give tracks." : "";
  const send = async (event) => {
    event.preventDefault();
    setTried(true);
    if (asked.password.length < 12 || !asked.affirms_authority) return;
    if (await action.run(() => join(asked))) onwards(query, "/submit");
  };
  return html`
    <div class="narrow stack">
      <h1>Create an account</h1>
      <p class="lead">An account lets you give tracks, follow them, and take them back.</p>
      <form class="card" onSubmit=${send}>
        <${ProblemNotice} problem=${action.problem} />
        <${Field} label="Your name, or your artist name" hint="Reviewers see it. The public log never does." autocomplete="nickname" required maxlength="80" value=${asked.display_name} onInput=${change("display_name")} />
        <${Field} label="E-mail" hint="For signing in. We keep it apart from your tracks." type="email" autocomplete="username" required maxlength="254" value=${asked.email} onInput=${change("email")} />
        <${Field} label="Password" hint="At least 12 characters." type="password" autocomplete="new-password" required maxlength="200" value=${asked.password} onInput=${change("password")} wrong=${short} />
        <div class="field">
          <${Loaded} state=${statement} lines=${2}>${(found) => html`
            <${Tick} label=${html`<b>I affirm:</b> ${found.text}`} checked=${asked.affirms_authority} onChange=${change("affirms_authority")} wrong=${unaffirmed} />`}<//>
        </div>
        <p class="form-end"><${Button} type="submit" kind="main" busy=${action.busy}>Create the account<//></p>
      </form>
      <p class="quiet">You have one? <a href=${`#/sign-in${kept(query)}`}>Sign in</a>.</p>
    </div>`;
}

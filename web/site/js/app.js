/** The frame: header, navigation, the page, footer; focus and title follow the address. */
import { renewIfDue, signOut } from "./account.js";
import { html, useEffect, useRef, useState } from "./lib.js";
import { Beside, Header } from "./ui/header.js";
import { Announcer } from "./ui/announce.js";
import { Notice } from "./ui/parts.js";
import { here, match } from "./router.js";
import { is, onSession, session } from "./session.js";
import { NotFound, NotForYou, SignInFirst } from "./pages/elsewhere.js";
import { ROUTES } from "./routes.js";

function choose(path) {
  for (const route of ROUTES) {
    const parts = match(route.path, path);
    if (parts) return { ...route, parts };
  }
  return { path: "", title: "Not found", page: NotFound, parts: {} };
}

function useAddress() {
  const [place, set] = useState(here);
  useEffect(() => {
    const moved = () => set(here());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}

function useSession() {
  const [state, set] = useState({ mine: session(), why: "" });
  useEffect(() => onSession((mine, why) => set({ mine, why })), []);
  useEffect(() => {
    const timer = setInterval(renewIfDue, 20_000);
    const back = () => document.visibilityState === "visible" && renewIfDue();
    document.addEventListener("visibilitychange", back);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", back);
    };
  }, []);
  return state;
}

export function App() {
  const { path, query } = useAddress();
  const { mine, why } = useSession();
  const main = useRef(null);
  const first = useRef(true);
  const route = choose(path);

  useEffect(() => {
    document.title = `${route.title} · LEMM Vault`;
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    const heading = main.current?.querySelector("h1") ?? main.current;
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }, [path]);

  const skip = (event) => {
    event.preventDefault(); // the address after "#" is the page's own
    main.current?.focus();
  };

  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the page</a>
    <${Header} path=${path} mine=${mine} onLeave=${signOut} />
    <${Beside} path=${path} />
    <main id="main" class=${`page ${route.wide ? "wide" : ""}`} tabindex="-1" ref=${main}>
      ${why === "expired" && !mine && html`<${Notice} tone="wait" title="You were signed out">Your sign-in ran out. Sign in again to go on; nothing was lost.<//>`}
      <${Chosen} key=${`${path}?${query}`} route=${route} mine=${mine} query=${query} path=${path} />
    </main>
    <footer class="foot">
      <p>LEMM Vault. Music under consent that can be taken back.</p>
      <nav aria-label="About">
        <a href="#/how">How it works</a><a href="#/statistics">Figures</a><a href="#/terms">Terms</a><a href="#/licence">Licence</a><a href="#/verify">Verify</a><a href="#/report">Report an infringement</a>${mine && html`<a href="#/policy">Policy</a>`}<a href="/docs">API</a>
      </nav>
    </footer>
    <${Announcer} />
  `;
}

function Chosen({ route, mine, query, path }) {
  if (route.role && !mine) return html`<${SignInFirst} path=${path} />`;
  if (route.role && !is(route.role)) return html`<${NotForYou} role=${route.role} />`;
  return html`<${route.page} ...${route.parts} mine=${mine} query=${query} />`;
}

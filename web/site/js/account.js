/** Signing in and staying signed in. */
import { call, get, post, Problem } from "./api.js";
import { session, setSession } from "./session.js";

const EARLY = 4 * 60_000;

function keep(answer, account) {
  setSession({ token: answer.access_token, expires: Date.now() + answer.expires_in * 1000, account });
}

export async function signIn(email, password) {
  const answer = await post("/accounts/login", { email, password });
  keep(answer, { account_id: answer.account_id, role: answer.role, display_name: "" });
  keep(answer, await get("/accounts/me"));
}

export async function join({ email, password, display_name, affirms_authority }) {
  await post("/accounts", { email, password, display_name, affirms_authority });
  await signIn(email, password);
}

export const signOut = () => setSession(null, "left");

/** A fresh token some minutes before the present one runs out; a vault that refuses ends the sign-in. */
export async function renewIfDue(now = Date.now()) {
  const mine = session();
  if (!mine || mine.expires - now > EARLY) return;
  try {
    const answer = await call("POST", "/accounts/renew");
    keep(answer, { ...mine.account, role: answer.role });
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 403) setSession(null, "expired");
  }
}

/** Pages for addresses that lead nowhere, or not for this person. */
import { html } from "../lib.js";
import { Empty } from "../ui/parts.js";

export const NotFound = () => html`
  <h1 class="hidden">Not found</h1>
  <${Empty} title="There is nothing here" action=${html`<a class="button main" href="#/">Go to the start</a>`}>The address may be mistyped, or the page is gone.<//>`;

export const NotForYou = ({ role }) => html`
  <h1 class="hidden">Not for your role</h1>
  <${Empty} title=${`This page is for ${role === "admin" ? "admins" : "reviewers"}`} action=${html`<a class="button main" href="#/tracks">Go to my tracks</a>`}>If you should see it, ask an admin to change your role; then sign in again.<//>`;

export const SignInFirst = ({ path }) => html`
  <h1 class="hidden">Sign in first</h1>
  <${Empty} title="Sign in to see this" action=${html`<div class="row centre"><a class="button main" href=${`#/sign-in?next=${encodeURIComponent(path)}`}>Sign in</a><a class="button" href="#/join">Create an account</a></div>`}>This page is about your own tracks, so we need to know who you are.<//>`;

/** A track that somebody else gave and in which one holds rights: one's own consent to it. */
import { get } from "../api.js";
import { useData } from "../hooks.js";
import { html } from "../lib.js";
import { Badge, Loaded } from "../ui/parts.js";
import { told } from "../words.js";
import { Allowed } from "./track-consent.js";

export function Held({ id }) {
  const path = encodeURIComponent(id);
  const state = useData(() => get(`/tracks/${path}/consents`), [id]);
  return html`
    <p class="small"><a href="#/tracks">My tracks</a></p>
    <${Loaded} state=${state} lines=${6} title="Your consent">${(found) => html`
      <header class="track-head"><h1 class="break">${found.title}</h1>
        <p class="row"><${Badge} tone=${told(found).tone}>${told(found).label}<//><span class="quiet">Given by somebody else. You hold rights in it, so it is used only as far as you allow it too.</span></p></header>
      <${Allowed} track=${{ track_id: id, status: found.status, rights: found }} path=${path} mine=${true} owner=${false} reload=${state.reload} />`}<//>`;
}

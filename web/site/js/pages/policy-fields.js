/**
 * The policy's fields, drawn from the policy itself: switches, numbers, lists. A field that is new to this page is
 * shown under its own name, so that none is ever left out of a change. The API checks bounds.
 */
import { html } from "../lib.js";
import { Field, Tick } from "../ui/fields.js";

const LABELS = {
  "thresholds.weak": "A person looks from this similarity",
  "thresholds.strong": "A strong match from this similarity",
  "thresholds.strong_overlap_s": "… with at least this many seconds alike",
  "stricter.weak": "Outputs of prompts that name somebody: a warning from this similarity",
  "stricter.strong": "… blocked from this similarity",
  "stricter.strong_overlap_s": "… with at least this many seconds alike",
  "prompts.clone": "A prompt for a copy or cover (allow, warn, stricter, reject)",
  "prompts.song": "A prompt that names a song",
  "prompts.artist": "A prompt that names an artist who does not take part",
  "prompts.participant": "A prompt that names an artist of this vault",
  "prompts.suspected": "A prompt that only seems to name somebody",
  "prompts.token_s": "A prompt's token is good for (seconds)",
  auto_accept: "Accept by itself what nothing stands against",
  required_sources: "Sources that must have answered",
  required_when_configured: "Sources that must have answered where they are set up",
  keep_fingerprints_after_revocation: "Fingerprints may stay after a revocation, where the owner allows it",
  removed_audio_days: "Audio taken back is deleted after (days)",
  rejected_audio_days: "Rejected audio is deleted after (days)",
  stuck_after_s: "A track counts as stuck after (seconds)",
  max_open_uploads: "Open uploads per account",
  grant_life_s: "A training grant lives for (seconds)",
  read_link_s: "A link to read one track lives for (seconds)",
  approvals_unflagged: "Voices for an unflagged track",
  approvals_flagged: "Voices for a flagged track",
  admin_decides_alone: "One admin's vote decides on a flagged track",
  review_claim_s: "A reviewer holds a track for (seconds)",
  answer_days: "An owner may answer within (days)",
  appeal_days: "An appeal may be filed within (days)",
  appeal_reminder_days: "The owner is reminded before that ends (days)",
  export_check_days: "The last check of an output counts for its export for (days)",
  invitations_per_day: "Letters to rights holders, per contributor and day",
  warn_only: "Detectors that by themselves only warn",
  training_open: "Training may read at all; off stops every read at once",
  lease_life_s: "A training worker must ask again after (seconds)",
  run_max_leases: "Workers of one training run",
  lease_reads_per_minute: "Reads of one worker in a minute",
  job_reads_per_minute: "Reads of one training account in a minute",
  run_passes_alarm: "A run that read all its tracks this often raises an alarm",
  run_passes_max: "… and may read no more after this often",
  second_admin: "A change of policy needs a second admin",
  own_catalogue_needs_review: "A match with the owner's own release still waits for a reviewer",
  bulk_tracks: "Tracks of one account that are used without approval",
  bulk_share: "… and as a share of the vault (0 to 1)",
  bulk_share_from: "… which counts from this many tracks in the vault",
  claim_confirm_hours: "The author of a claim may confirm it within (hours)",
  claim_screen_days: "A claim is screened within (days)",
  claim_decide_days: "A claim is decided within (days)",
  claim_negotiate_days: "Both sides of a claim may negotiate for (days)",
  claims_per_source_day: "Claims from one address in a day",
  claim_locks_per_track: "Times that claims lock one track by themselves, in 30 days",
  claim_data_days: "What a claim's author told is kept after its end for (days)",
  blocked_told: "Blocked outputs of a service in an hour after which people are told",
  blocked_told_user: "Of one user of a service",
  blocked_told_model: "Of one model",
  blocked_told_prompt: "Of prompts that say the same",
  flags_per_day: "Tracks that one contributor may flag in a day",
  release_extraction_limit: "A model may be released while at most this share of its outputs copies (0 to 1)",
  release_confidence: "… as sure as this (0 to 1)",
  release_least_outputs: "… judged by at least this many outputs",
};
const words = (field) => `${field[0].toUpperCase()}${field.slice(1)}`.replaceAll("_", " ").replaceAll(".", ": ");
export const labelOf = (field) => LABELS[field] ?? words(field);
export const shown = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : Array.isArray(value) ? value.join(", ") || "none" : String(value));

/** Every leaf of the policy as [path, value]. */
export function leaves(policy, within = "") {
  return Object.entries(policy).flatMap(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value) ? leaves(value, `${within}${name}.`) : [[`${within}${name}`, value]]);
}

const at = (policy, path) => path.split(".").reduce((value, name) => value?.[name], policy);

/** The policy with one leaf replaced. */
export function replaced(policy, path, value) {
  const [first, ...rest] = path.split(".");
  return { ...policy, [first]: rest.length ? replaced(policy[first], rest.join("."), value) : value };
}

export function PolicyFields({ policy, before, onChange }) {
  const fields = leaves(policy);
  if (!onChange) {
    return html`<dl class="facts policy-facts">${fields.map(([path, value]) => html`<dt key=${path}>${labelOf(path)}</dt><dd>${shown(value)}</dd>`)}</dl>`;
  }
  const set = (path) => (value) => onChange(replaced(policy, path, value));
  const changed = (path, value) => JSON.stringify(value) !== JSON.stringify(at(before, path));
  const switches = fields.filter(([, value]) => typeof value === "boolean");
  const others = fields.filter(([, value]) => typeof value !== "boolean");
  return html`
    <div class="grid policy-grid">${others.map(([path, value]) => html`
      <div key=${path} class=${changed(path, value) ? "changed" : ""}><${Leaf} path=${path} value=${value} was=${at(before, path)} onChange=${set(path)} /></div>`)}</div>
    <fieldset><legend class="hidden">Switches</legend>${switches.map(([path, value]) => html`
      <div key=${path} class=${changed(path, value) ? "changed" : ""}><${Tick} label=${labelOf(path)} checked=${value} onChange=${set(path)} /></div>`)}</fieldset>`;
}

function Leaf({ path, value, was, onChange }) {
  const hint = JSON.stringify(value) !== JSON.stringify(was) ? `Was ${shown(was)}` : "";
  if (Array.isArray(value)) {
    const parts = (text) => text.split(",").map((part) => part.trim()).filter(Boolean);
    return html`<${Field} label=${labelOf(path)} hint=${hint} value=${value.join(", ")} onChange=${(event) => onChange(parts(event.target.value))} />`;
  }
  if (typeof value === "number") {
    return html`<${Field} label=${labelOf(path)} hint=${hint} type="number" step="any" required value=${value} onInput=${(text) => text !== "" && onChange(Number(text))} />`;
  }
  return html`<${Field} label=${labelOf(path)} hint=${hint} value=${value ?? ""} onInput=${(text) => onChange(text === "" ? null : text)} />`;
}

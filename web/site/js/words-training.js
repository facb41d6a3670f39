/** What runs are for, what restricts models, and why a pack shrinks. */
export const PURPOSES = {
  internal_experiment: "an internal experiment", product: "a product", evaluation: "evaluation",
  internal_demo: "an internal demonstration", artist_adapter: "a model of one artist",
};
export const CONSTRAINTS = {
  not_for_release: "Not for release: a run behind it was allowed for less.",
  adapter_only: "An adapter of one artist, and nothing else.",
  undeclared_data: "A run says that it used audio which it was not granted.",
};
export const LEFT = {
  revoked: "Taken back", party_missing: "Somebody who holds rights has not consented", flag_missing: "Not allowed for this use",
  not_accepted: "Not in the vault any more", held: "Held for a decision of governance", audio_changed: "Not the same recording any more",
};

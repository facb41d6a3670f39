/** Step two: what the music is. */
import { html } from "../lib.js";
import { Field } from "../ui/fields.js";

export const start = (name) => ({
  artist: name, genres: "", moods: "", language: "instrumental", release: "unreleased", year: "", collaborators: "",
});

const GENRES = ["ambient", "classical", "country", "electronic", "experimental", "folk", "hip hop", "jazz", "metal", "pop", "rock", "soul", "soundtrack"];
const LANGUAGES = [["instrumental", "No words (instrumental)"], ["en", "English"], ["de", "German"], ["fr", "French"], ["es", "Spanish"], ["it", "Italian"], ["pt", "Portuguese"], ["nl", "Dutch"], ["pl", "Polish"], ["uk", "Ukrainian"], ["ja", "Japanese"], ["ko", "Korean"], ["zh", "Chinese"]];
/** The form as it is for metadata that are on record. */
export const startFrom = (metadata) => ({
  artist: metadata.artist_display_name, genres: metadata.genre_tags.join(", "), moods: metadata.mood_tags.join(", "),
  language: metadata.language, release: metadata.release_status, year: metadata.year ?? "", collaborators: metadata.collaborator_names.join(", "),
});

const split = (text) => [...new Set(text.split(",").map((part) => part.trim()).filter(Boolean))];
const tags = (text) => split(text.toLowerCase());

/** The form's words as the API takes them. */
export function metadataOf(music) {
  const others = split(music.collaborators);
  return {
    artist_display_name: music.artist.trim(),
    genre_tags: tags(music.genres).slice(0, 10),
    mood_tags: tags(music.moods).slice(0, 20),
    language: music.language,
    release_status: music.release,
    year: music.year ? Number(music.year) : null,
    is_collaboration: others.length > 0,
    collaborator_names: others,
  };
}

/** Everything but the title. */
export function MusicFields({ music, onChange, wrong }) {
  const set = (name) => (value) => onChange({ ...music, [name]: value });
  const languages = LANGUAGES.some(([code]) => code === music.language) ? LANGUAGES : [...LANGUAGES, [music.language, music.language]];
  return html`
    <div class="grid">
      <${Field} label="Artist" id="artist" hint="As it should be named." maxlength="200" value=${music.artist} onInput=${set("artist")} wrong=${wrong.artist} />
      <${Field} label="Genres" id="genres" hint="Separate several with commas." list="genre-list" value=${music.genres} onInput=${set("genres")} wrong=${wrong.genres} />
      <${Field} label="Moods" optional hint="Such as: calm, dark, playful." value=${music.moods} onInput=${set("moods")} />
      <${Field} label="Language of the words" hint="Or none, if nobody sings." as="select" value=${music.language} onInput=${set("language")}>
        ${languages.map(([code, name]) => html`<option key=${code} value=${code}>${name}</option>`)}
      <//>
      <${Field} label="Released?" as="select" hint="Where it stands today." value=${music.release} onInput=${set("release")}>
        <option value="unreleased">Not released</option>
        <option value="released">Released</option>
        <option value="work_for_hire">Made for hire</option>
      <//>
      <${Field} label="Year" optional hint="When it was made." type="number" min="1860" max="2200" inputmode="numeric" value=${music.year} onInput=${set("year")} />
    </div>
    <${Field} label="Who else holds rights in it" optional hint="Names, separated with commas. Each of them has to agree before the track is used." value=${music.collaborators} onInput=${set("collaborators")} />
    <datalist id="genre-list">${GENRES.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>`;
}

export const AboutMusic = ({ music, onChange, wrong, several }) => html`
  <section aria-labelledby="step-music">
    <div class="step-head"><span class="n" aria-hidden="true">2</span><h2 id="step-music">About the music</h2></div>
    <div class="card stack">
      ${several && html`<p class="quiet">This holds for all files above. If some differ, send them separately.</p>`}
      <${MusicFields} music=${music} onChange=${onChange} wrong=${wrong} />
    </div>
  </section>`;

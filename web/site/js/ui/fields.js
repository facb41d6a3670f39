/** Form fields: label, hint and error tied to the control, so that all of it is read out. */
import { html, useId } from "../lib.js";
import { Icon } from "./art.js";

const described = (id, hint, wrong) => [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;

const Wrong = ({ id, text }) =>
  text ? html`<span class="wrong" id=${`${id}-wrong`}><${Icon} name="warn" />${text}</span>` : null;

/** @param {any} about `as`: "input", "textarea" or "select"; `wrong`: the error, if any */
export function Field({ label, hint, wrong, optional = false, as = "input", children, onInput, ...rest }) {
  const made = useId().replaceAll(":", "-");
  const id = rest.id ?? made;
  const shared = {
    id, "aria-describedby": described(id, hint, wrong), "aria-invalid": wrong ? "true" : undefined,
    onInput: onInput && ((event) => onInput(event.target.value)), ...rest,
  };
  const control = as === "textarea" ? html`<textarea ...${shared}></textarea>`
    : as === "select" ? html`<select ...${shared}>${children}</select>`
    : html`<input type="text" ...${shared} />`;
  return html`
    <div class="field">
      <label class="label" for=${id}>${label} ${optional && html`<span class="maybe">(optional)</span>`}</label>
      ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
      ${control}
      <${Wrong} id=${id} text=${wrong} />
    </div>`;
}

/** One box to tick. */
export function Tick({ label, hint, wrong, checked, onChange, type = "checkbox", ...rest }) {
  const made = useId().replaceAll(":", "-");
  const id = rest.id ?? made;
  return html`
    <div class="tick">
      <input type=${type} id=${id} checked=${checked} aria-describedby=${described(id, hint, wrong)}
        aria-invalid=${wrong ? "true" : undefined} onChange=${(event) => onChange(event.target.checked)} ...${rest} />
      <label for=${id}>${label}</label>
      ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
      ${wrong && html`<span class="hint"><${Wrong} id=${id} text=${wrong} /></span>`}
    </div>`;
}

/** One of several. @param {any} about `options`: [value, label, hint?][] */
export function Choice({ legend, name, value, onChange, options }) {
  return html`
    <fieldset class="field">
      <legend>${legend}</legend>
      ${options.map(([each, label, hint]) => html`
        <${Tick} key=${each} type="radio" name=${name} label=${label} hint=${hint} checked=${value === each} onChange=${() => onChange(each)} />`)}
    </fieldset>`;
}

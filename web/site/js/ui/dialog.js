/** A question over the page; the browser's own dialog keeps the focus and takes Escape. */
import { html, useEffect, useId, useRef } from "../lib.js";

export function Dialog({ title, onClose, children }) {
  const box = useRef(null);
  const id = useId().replaceAll(":", "-");
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return html`
    <dialog ref=${box} aria-labelledby=${id} onClose=${onClose} onCancel=${onClose}>
      <div class="stack"><h2 id=${id}>${title}</h2>${children}</div>
    </dialog>`;
}

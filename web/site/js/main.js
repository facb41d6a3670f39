/** Start: the frame around every page, and the page that the address names. */
import { html, render } from "./lib.js";
import { App } from "./app.js";

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}

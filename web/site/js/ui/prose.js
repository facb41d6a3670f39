/** The terms' text: headings, paragraphs, lists and bold words of Markdown, as elements and never as markup. */
import { html } from "../lib.js";

const inline = (text) =>
  text.split(/(\*\*[^*]+\*\*)/).map((part) => (part.startsWith("**") ? html`<b>${part.slice(2, -2)}</b>` : part));

/** @param {string} text @returns {{kind: string, level?: number, lines: string[]}[]} */
export function blocks(text) {
  const found = [];
  for (const raw of text.split("\n")) {
    const line = raw.trimEnd(), last = found.at(-1);
    const heading = /^(#{1,3}) (.*)$/.exec(line), item = /^[-*] (.*)$/.exec(line);
    if (!line) found.push({ kind: "gap", lines: [] });
    else if (heading) found.push({ kind: "heading", level: heading[1].length, lines: [heading[2]] });
    else if (item) {
      if (last?.kind === "list") last.lines.push(item[1]);
      else found.push({ kind: "list", lines: [item[1]] });
    } else if (last?.kind === "list") last.lines[last.lines.length - 1] += ` ${line.trim()}`;
    else if (last?.kind === "paragraph") last.lines[0] += ` ${line}`;
    else found.push({ kind: "paragraph", lines: [line] });
  }
  return found.filter((block) => block.kind !== "gap");
}

/** @param {{text: string, top?: number}} about `top`: the level of the text's first heading */
export const Prose = ({ text, top = 2 }) =>
  blocks(text).map((block, n) => {
    if (block.kind === "list") return html`<ul key=${n}>${block.lines.map((line, m) => html`<li key=${m}>${inline(line)}</li>`)}</ul>`;
    if (block.kind === "paragraph") return html`<p key=${n}>${inline(block.lines[0])}</p>`;
    const level = Math.min(6, top + (block.level ?? 1) - 1);
    return html`<${`h${level}`} key=${n}>${inline(block.lines[0])}<//>`;
  });

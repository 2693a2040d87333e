import { Parser } from "htmlparser2";

const HIDDEN = new Set(["script", "style", "template", "noscript", "head", "svg"]);
const BLOCKS = new Set(
  "address article aside blockquote br caption dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section table tbody tfoot thead tr ul".split(
    " ",
  ),
);

/** Whether a text looks like HTML rather than like text that has a `<` in it. */
export function looksLikeHtml(text: string): boolean {
  return (
    /^\s*<(?:!doctype|[a-z])/i.test(text) ||
    /<\/?(?:p|div|br|li|td|tr|span|body|html|h[1-6]|a|b|strong|em)\b[^<>]*>/i.test(text)
  );
}

/** The text that a page shows: a line for each block, cells with a tab between them, no scripts. */
export function htmlText(html: string): string {
  let text = "";
  let hidden = 0;
  const parser = new Parser({
    onopentag(name) {
      if (HIDDEN.has(name)) hidden += 1;
      else if (BLOCKS.has(name)) text += "\n";
    },
    ontext(piece) {
      if (hidden === 0) text += piece.replaceAll(/[\s\u00A0]+/g, " ");
    },
    onclosetag(name) {
      if (HIDDEN.has(name)) hidden = Math.max(0, hidden - 1);
      else if (name === "td" || name === "th") text += "\t";
      else if (BLOCKS.has(name)) text += "\n";
    },
  });
  parser.end(html);
  return text
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/ ?\t ?/g, "\t")
    .replaceAll(/\s*\n\s*/g, "\n")
    .trim();
}

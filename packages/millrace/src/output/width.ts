const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^[\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;
// oxlint-disable-next-line no-control-regex -- the terminal's colour sequences, which take no room
const STYLES = /\u001b\[[0-9;]*m/g;

/** How many terminal cells `text` takes; colour sequences take none, East Asian wide characters and emoji two. */
export function displayWidth(text: string): number {
  const plain = text.replace(STYLES, "");
  // oxlint-disable-next-line no-control-regex -- plain ASCII is the usual case, and needs no segmenting
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of segments.segment(plain)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** `text` cut to at most `width` cells, with an ellipsis where something is missing. For text without colours. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    const more = displayWidth(segment);
    if (used + more > width - 1) break;
    kept += segment;
    used += more;
  }
  return `${kept}…`;
}

/** `text` with spaces behind (`left`) or before it (`right`) up to `width` cells. */
export function align(text: string, width: number, side: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "left" ? text + space : space + text;
}

/* oxlint-disable no-control-regex -- control characters are what this file is about */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const UNSAFE_BUT_NEWLINE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/**
 * `text` on one line, with everything that could steer a terminal or hide itself made visible: data, file names and
 * messages come from outside, and must not move the cursor, set titles or turn the reading direction.
 */
export function clean(text: string): string {
  return text.replace(UNSAFE, visible);
}

/** As `clean`, but line breaks stay. */
export function cleanLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", "  ").replace(UNSAFE_BUT_NEWLINE, visible);
}

function visible(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

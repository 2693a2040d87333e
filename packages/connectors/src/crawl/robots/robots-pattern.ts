const encoder = new TextEncoder();

/** A path as a rule names it, in the form in which it is compared: bytes beyond ASCII percent-encoded, hex digits in capitals. */
export function canonicalPattern(pattern: string): string {
  let text = "";
  for (const character of pattern) {
    if (character.charCodeAt(0) < 128) text += character;
    else
      for (const byte of encoder.encode(character))
        text += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text.replaceAll(/%[\da-f]{2}/gi, (octet) => octet.toUpperCase());
}

/**
 * Whether a path begins as a pattern says; `*` stands for any characters, `$` at its end for the end of the path. Takes time
 * in proportion to the product of both lengths at most, whatever the pattern is.
 */
export function matchesPattern(path: string, pattern: string): boolean {
  const anchored = pattern.endsWith("$");
  const parts = (anchored ? pattern.slice(0, -1) : pattern).split("*");
  const [first = "", ...others] = parts;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  // The earliest place of each part leaves the most room for the next ones; only the last may have to be at the end.
  const last = anchored ? others.pop() : undefined;
  for (const part of others) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (!anchored) return true;
  if (last === undefined) return at === path.length;
  return path.length - last.length >= at && path.endsWith(last);
}

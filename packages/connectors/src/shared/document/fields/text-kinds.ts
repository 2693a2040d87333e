import type { ValueKind } from "./value-kind.ts";

/** Whatever stands there, up to the next gap. */
export const textKind: ValueKind = {
  name: "text",
  isText: true,
  read(words, at) {
    const rest = words.slice(at);
    const value = rest.join(" ").replace(/^[:#\s]+/, "");
    return value === "" ? undefined : { value, used: rest.length, quality: 1 };
  },
};

/** One word with a digit in it, such as the number of an invoice. */
export const codeKind: ValueKind = {
  name: "code",
  isText: false,
  read(words, at) {
    const value = (words[at] ?? "").replace(/^[#:]+/, "").replace(/[,;.]$/, "");
    return /\d/.test(value) && /^[\p{L}\d][\p{L}\d/._-]*$/u.test(value)
      ? { value, used: 1, quality: 1 }
      : undefined;
  },
};

/** What a regular expression says; its first group is the value, or the whole of it. Spaces between words count. */
export function matchingKind(pattern: RegExp): ValueKind {
  const whole = new RegExp(`^(?:${pattern.source})`, pattern.flags.replaceAll(/[gy]/g, ""));
  return {
    name: "matching",
    isText: false,
    read(words, at) {
      const match = whole.exec(words.slice(at).join(" "));
      if (match === null || match[0] === "") return undefined;
      return { value: match[1] ?? match[0], used: match[0].trim().split(" ").length, quality: 1 };
    },
  };
}

import { hash } from "node:crypto";
import { MillraceError } from "../errors.ts";

/** Hex digits that keep cut names apart. */
const HASH_DIGITS = 8;

/**
 * Makes an identifier of any name, always the same for the same name: snake_case, runs of other characters as one `_`, `_`
 * before a leading digit; letters of all scripts stay. `userId` → `user_id`, `Magnitude Type` → `magnitude_type`, `2nd` → `_2nd`.
 * Longer than `maxBytes` in UTF-8 it is cut and ends in eight hex digits of its hash. Fails with MLR_SCHEMA_INVALID for an empty name.
 */
export function normalizeIdentifier(name: string, maxBytes: number): string {
  const words = name
    .normalize("NFC")
    .replace(/([\p{Ll}\p{Nd}])(\p{Lu})/gu, "$1_$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .replace(/[^\p{L}\p{M}\p{N}_]+/gu, "_")
    .toLowerCase();
  return limitIdentifier(/^[\p{N}\p{M}]/u.test(words) ? `_${words}` : words, maxBytes);
}

/**
 * The name as it is, unless it has more than `maxBytes` in UTF-8: then cut, ending in eight hex digits of its hash.
 * Fails with MLR_SCHEMA_INVALID for what no database takes: an empty name, or one with NUL or half of a surrogate pair.
 */
export function limitIdentifier(name: string, maxBytes: number): string {
  return suffixIdentifier(name, "", maxBytes);
}

/** The name with a suffix such as `__history`; the name is cut as by `limitIdentifier` so that both fit. */
export function suffixIdentifier(name: string, suffix: string, maxBytes: number): string {
  if (name === "" || name.includes("\0") || !name.isWellFormed()) {
    throw new MillraceError(
      "MLR_SCHEMA_INVALID",
      `${JSON.stringify(name)} cannot be the name of a table or column`,
      {
        hint: "Names need at least one character, and neither NUL nor halves of surrogate pairs. Rename it with rename().",
        details: { name: name.toWellFormed() },
      },
    );
  }
  // On JavaScript objects this one name would set the prototype.
  const safe = name + suffix === "__proto__" ? `${name}_` : name;
  const room = maxBytes - Buffer.byteLength(suffix);
  if (Buffer.byteLength(safe) <= room) return safe + suffix;
  const digits = hash("sha256", safe, "hex").slice(0, HASH_DIGITS);
  return `${cut(safe, room - HASH_DIGITS - 1)}_${digits}${suffix}`;
}

/** The longest start of whole characters that fits into `maxBytes` of UTF-8. */
function cut(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

import type { Finder } from "../entity.ts";

const ADDRESS =
  /(?<![\w.+-])[\p{L}\d_](?:[\p{L}\d._%+'-]{0,62}[\p{L}\d_+-])?@(?:[\p{L}\d](?:[\p{L}\d-]{0,61}[\p{L}\d])?\.)+\p{L}{2,24}(?![\p{L}\d@])/gu;

/** E-mail addresses; the value is in lower case. */
export const findEmails: Finder = (text) =>
  Array.from(text.matchAll(ADDRESS), ({ 0: found, index }) => ({
    type: "email",
    start: index,
    end: index + found.length,
    value: found.toLowerCase(),
    confidence: 0.99,
    by: "rules",
  }));

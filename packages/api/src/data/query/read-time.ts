import { MillraceError } from "@millrace/core";

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Reads a time in ISO 8601; without a zone it is in UTC. Returned as it was written, down to the microsecond. Fails with MLR_ARGUMENT_INVALID. */
export function readTime(field: string, text: string): string {
  // A plus in an address means a space, and most people forget to write it as %2B.
  const [, day, time, zone = "Z"] = ISO.exec(text.replace(/ (\d{2}:?\d{2})$/, "+$1")) ?? [];
  const iso = `${day}T${time ?? "00:00:00"}${zone}`;
  if (day !== undefined && !Number.isNaN(Date.parse(iso.replace(/([+-]\d{2})$/, "$1:00")))) return iso;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${field}" is no time in ISO 8601`, {
    hint: "Such as 2026-03-01T12:00:00Z.",
    details: { field },
  });
}

/** Whether a text is meant as a time, not as a cursor. */
export function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(text);
}

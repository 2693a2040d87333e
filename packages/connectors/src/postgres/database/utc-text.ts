import { canonicalText, compileStore, MISFIT } from "@millrace/core";

const INSTANT = { kind: "timestamptz" } as const;
const store = compileStore(INSTANT);
const write = canonicalText(INSTANT);

/** A timestamptz as the server writes it, as ISO 8601 in UTC with `Z`. What lies outside of the calendar stays as it is. */
export function utcText(text: string): string {
  const iso = text.replace(" ", "T");
  if (iso.endsWith("+00")) return `${iso.slice(0, -3)}Z`;
  // The code of a pipeline may have set another time zone for itself.
  const stored = store(/[-+]\d\d$/.test(iso) ? `${iso}:00` : iso);
  return stored === MISFIT || stored === null ? text : write(stored);
}

import { nearest } from "@millrace/core";

/** Begins the variables of secrets, see `environmentSecrets`: whatever follows is a name of the user's own. */
export const SECRET_PREFIX = "MILLRACE_SECRET_";

/** A place where variables are set. */
export interface VariablePlace {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** For the message: `.env`. */
  readonly where: string;
}

/** One warning for each variable MILLRACE_… that is no setting, with the nearest one that is. */
export function unknownVariables(places: readonly VariablePlace[], known: readonly string[]): string[] {
  const warnings = new Map<string, string>();
  for (const { variables, where } of places) {
    for (const name of Object.keys(variables)) {
      if (!name.startsWith("MILLRACE_") || name.startsWith(SECRET_PREFIX)) continue;
      if (known.includes(name) || warnings.has(name)) continue;
      const guess = nearest(name, known);
      const meant = guess === undefined ? "." : `; did you mean ${guess}?`;
      warnings.set(name, `${name} in ${where} is not a setting${meant}`);
    }
  }
  return [...warnings.values()];
}

import { MillraceError } from "@millrace/core";

/** MLR_DRIVER_MISSING for a package that a finder needs, with how to get it or to do without. */
export function missingPackage(names: string, option: string, cause: unknown): MillraceError {
  return new MillraceError("MLR_DRIVER_MISSING", `entities() needs ${names}, which cannot be loaded`, {
    hint: `Install it: npm install ${names}; or do without it: ${option}.`,
    cause,
  });
}

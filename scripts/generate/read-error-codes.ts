import path from "node:path";
import { pathToFileURL } from "node:url";

/** The table of `packages/core/src/error-codes.ts`. */
export type ErrorCodeTable = Readonly<
  Record<string, { readonly retry: "never" | "later"; readonly means: string }>
>;

/** Loads the table of error codes from the repository at `root`. */
export async function readErrorCodes(root: string): Promise<ErrorCodeTable> {
  const file = pathToFileURL(path.join(root, "packages/core/src/error-codes.ts")).href;
  const { ERROR_CODES } = (await import(file)) as { ERROR_CODES: ErrorCodeTable };
  return ERROR_CODES;
}

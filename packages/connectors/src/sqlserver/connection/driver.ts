import { MillraceError } from "@millrace/core";
import type * as Tedious from "tedious";
import { ExactReader, type ReadValue } from "../wire/exact-reader.ts";

/** tedious, loaded when the first connection is made. */
export interface Driver {
  readonly Connection: typeof Tedious.Connection;
  readonly Request: typeof Tedious.Request;
  readonly TYPES: typeof Tedious.TYPES;
  /** Makes a connection's values come exact. */
  readonly exact: ExactReader;
}

let loading: Promise<Driver> | undefined;

/** Loads tedious, which is an optional package. Fails with MLR_DRIVER_MISSING. */
export function loadDriver(): Promise<Driver> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Driver> {
  const tedious = await import("tedious").catch((error: unknown) => {
    throw new MillraceError("MLR_DRIVER_MISSING", "SQL Server needs the package tedious, which is missing", {
      hint: "Install it: npm install tedious@20",
      cause: error,
    });
  });
  const { Connection, Request, TYPES } = tedious.default ?? tedious;
  return { Connection, Request, TYPES, exact: new ExactReader(await valueParser()) };
}

/**
 * The module in which tedious reads values. It reads decimals as doubles, which loses digits beyond the 15th, and times as
 * Date, which loses microseconds; there is no option for it, so the function is replaced for our own connections.
 */
async function valueParser(): Promise<{ readValue: ReadValue }> {
  try {
    const parser = (await import("tedious/lib/value-parser.js")) as unknown as {
      default?: { readValue?: unknown };
    };
    const found = parser.default;
    if (typeof found?.readValue === "function") return found as { readValue: ReadValue };
  } catch (error) {
    throw unfit(error);
  }
  throw unfit(undefined);
}

function unfit(cause: unknown): MillraceError {
  return new MillraceError(
    "MLR_DRIVER_MISSING",
    "the installed version of the package tedious cannot be used: it reads values in another way",
    { hint: "Install version 20: npm install tedious@20", cause },
  );
}

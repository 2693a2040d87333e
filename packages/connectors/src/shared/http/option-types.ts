import { type Resolved, secretReference } from "@millrace/core";
import { z } from "zod";
import { durationMs } from "./duration.ts";

/** A number of milliseconds, or a text such as `"5 minutes"`. */
export const duration = z.union(
  [z.number().nonnegative(), z.string().refine((text) => durationMs(text) !== undefined)],
  { message: 'must be milliseconds, or a duration such as "30 seconds", "5 minutes", "2 hours", "1 day"' },
);

/** A secret: the text itself, `secret("name")`, or a function that fetches it when it is needed. */
export const secret = z.union(
  [
    z.string(),
    secretReference,
    z.custom<() => string | Promise<string>>((value) => typeof value === "function"),
  ],
  { message: 'must be a text, secret("name"), or a function that returns a text' },
);
/** A secret as users give it. */
export type SecretInput = z.input<typeof secret>;
/** A secret when something runs: its text, or the function that fetches it. */
export type KnownSecret = Resolved<SecretInput>;

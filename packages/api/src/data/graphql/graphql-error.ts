import { type ErrorCode, MillraceError } from "@millrace/core";
import type { GraphQLError } from "graphql";

/** An answer without data. */
export interface ToldErrors {
  readonly status: number;
  readonly body: { readonly errors: readonly ToldError[] };
}

interface ToldError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions: { readonly code: string; readonly hint: string | null; readonly details?: unknown };
}

/** MLR_ARGUMENT_INVALID for a request that asks for too much. */
export function tooMuch(what: string, most: number, hint: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `The request has ${what}, and ${most} is the most`, {
    hint,
    details: { limit: most },
  });
}

/** How errors in a request's text and variables are told. */
export function toldErrors(errors: readonly GraphQLError[]): ToldErrors {
  const code: ErrorCode = "MLR_ARGUMENT_INVALID";
  return {
    status: 400,
    body: {
      errors: errors.map(({ message, locations }) => ({
        message,
        ...(locations === undefined ? {} : { locations }),
        extensions: { code, hint: "The schema is at /data/graphql, for people and by introspection." },
      })),
    },
  };
}

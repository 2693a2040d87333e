import type { ErrorCode } from "@millrace/core";

/** What of an error is told: its own words, or only what its code means, where the words may come from elsewhere. */
interface Telling {
  readonly status: number;
  readonly words: "own" | "code";
}

/** The errors that a request can meet without a fault in the server. All others are answered with 500 and logged. */
const TELLINGS: Partial<Record<ErrorCode, Telling>> = {
  MLR_ARGUMENT_INVALID: { status: 400, words: "own" },
  MLR_OPTION_UNKNOWN: { status: 400, words: "own" },
  MLR_SETTINGS_INVALID: { status: 400, words: "own" },
  MLR_PIPELINE_INVALID: { status: 400, words: "own" },
  MLR_TASK_INVALID: { status: 400, words: "own" },
  MLR_TASK_INPUT_INVALID: { status: 400, words: "own" },
  MLR_PASSWORD_WEAK: { status: 400, words: "own" },
  MLR_SIGN_IN_FAILED: { status: 401, words: "own" },
  MLR_SIGN_IN_REQUIRED: { status: 401, words: "own" },
  MLR_ACCESS_DENIED: { status: 403, words: "own" },
  MLR_PIPELINE_NOT_FOUND: { status: 404, words: "own" },
  MLR_RUN_NOT_FOUND: { status: 404, words: "own" },
  MLR_TABLE_NOT_FOUND: { status: 404, words: "own" },
  MLR_ROW_NOT_FOUND: { status: 404, words: "own" },
  MLR_TASK_NOT_FOUND: { status: 404, words: "own" },
  MLR_DOCUMENT_NOT_FOUND: { status: 404, words: "own" },
  MLR_DOCUMENT_STATE: { status: 409, words: "own" },
  MLR_ROUTE_NOT_FOUND: { status: 404, words: "own" },
  MLR_SECRET_MISSING: { status: 404, words: "own" },
  MLR_USER_NOT_FOUND: { status: 404, words: "own" },
  MLR_TOKEN_NOT_FOUND: { status: 404, words: "own" },
  MLR_LEASE_HELD: { status: 409, words: "own" },
  MLR_USER_EXISTS: { status: 409, words: "own" },
  MLR_USER_LAST_ADMIN: { status: 409, words: "own" },
  MLR_SECRET_PASSWORD: { status: 409, words: "own" },
  MLR_REQUEST_TOO_LARGE: { status: 413, words: "own" },
  MLR_SIGN_IN_LIMIT: { status: 429, words: "own" },
  MLR_REQUEST_KEY_BUSY: { status: 409, words: "own" },
  MLR_REQUEST_KEY_REUSED: { status: 422, words: "own" },
  MLR_REQUEST_LIMIT: { status: 429, words: "own" },
  MLR_SIGN_IN_OIDC: { status: 502, words: "own" },
  MLR_DATA_TIMEOUT: { status: 503, words: "own" },
  MLR_NOTIFY_FAILED: { status: 502, words: "code" },
  MLR_NOTIFY_REFUSED: { status: 502, words: "code" },
  MLR_CONTROL_UNAVAILABLE: { status: 503, words: "code" },
  MLR_DATABASE_UNAVAILABLE: { status: 503, words: "code" },
  MLR_DESTINATION_UNAVAILABLE: { status: 503, words: "code" },
  MLR_DESTINATION_FAILED: { status: 502, words: "code" },
  MLR_DESTINATION_PERMISSION: { status: 502, words: "code" },
  MLR_DRIVER_MISSING: { status: 502, words: "own" },
  MLR_SCHEMA_MISMATCH: { status: 409, words: "own" },
  MLR_READER_FAILED: { status: 503, words: "own" },
};

/** How an error of this code is told; undefined: as a fault of the server. */
export function tellingOf(code: ErrorCode): Telling | undefined {
  return TELLINGS[code];
}

import { asMillraceError, type ErrorCode, type Json, MillraceError, redactor } from "@millrace/core";
import type { ServerResponse } from "node:http";

/** What an error is answered with. */
export interface ErrorAnswer {
  readonly status: number;
  readonly retryAfterSeconds?: number;
  readonly body: {
    code: string;
    message: string;
    details: Readonly<Record<string, Json>>;
    hint: string | null;
  };
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  MLR_PUSH_INVALID: 400,
  MLR_ARGUMENT_INVALID: 400,
  MLR_SIGN_IN_REQUIRED: 401,
  MLR_ACCESS_DENIED: 403,
  MLR_STREAM_NOT_FOUND: 404,
  MLR_ROUTE_NOT_FOUND: 404,
  MLR_TABLE_NOT_FOUND: 404,
  MLR_PUSH_CONFLICT: 409,
  MLR_PUSH_LIMIT: 413,
  MLR_PUSH_BUSY: 429,
  MLR_ROW_INVALID: 422,
  MLR_ROW_KEY_MISSING: 422,
  MLR_SCHEMA_COLLISION: 422,
  MLR_SCHEMA_FROZEN: 422,
  MLR_SCHEMA_INVALID: 422,
  MLR_SCHEMA_MISMATCH: 422,
  MLR_QUALITY_FAILED: 422,
  MLR_REMOVAL_SHARE: 422,
  MLR_DESTINATION_FAILED: 422,
};

/** How an error is told. What is no error of the sender's says no more than that: it may hold what is not theirs to know. */
export function errorAnswer(caught: unknown): ErrorAnswer {
  const error = redactor.error(asMillraceError(caught, "MLR_INTERNAL"));
  const { code, message, hint, details } = error;
  const own = typeof details["status"] === "number" ? details["status"] : undefined;
  const status = own ?? STATUS[code] ?? (error.retry === "later" ? 503 : 500);
  const known = status < 500 || code === "MLR_DESTINATION_UNAVAILABLE";
  const seconds = details["retryAfterSeconds"];
  const { status: _, ...told } = details;
  return {
    status,
    ...(typeof seconds === "number"
      ? { retryAfterSeconds: seconds }
      : status === 503 || status === 429
        ? { retryAfterSeconds: 5 }
        : {}),
    body: {
      code,
      message: known ? message : "The service could not do this; its log tells why",
      details: known ? told : {},
      hint: known ? (hint ?? null) : null,
    },
  };
}

/** Sends a value as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}

/** Sends an error. */
export function sendError(response: ServerResponse, caught: unknown): ErrorAnswer {
  const answer = errorAnswer(caught);
  sendJson(response, answer.status, answer.body, {
    ...(answer.retryAfterSeconds === undefined ? {} : { "retry-after": String(answer.retryAfterSeconds) }),
    ...(answer.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  return answer;
}

/** MLR_ROUTE_NOT_FOUND. */
export function noRoute(method: string, path: string): MillraceError {
  return new MillraceError("MLR_ROUTE_NOT_FOUND", `There is nothing at ${method} ${path.slice(0, 200)}`, {
    hint: "Rows go to POST /v1/streams/<stream>/rows.",
  });
}

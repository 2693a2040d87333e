import { Code, ConnectError } from "@connectrpc/connect";
import { errorAnswer } from "../door/answer.ts";

const CODES: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  408: Code.DeadlineExceeded,
  409: Code.FailedPrecondition,
  413: Code.OutOfRange,
  415: Code.InvalidArgument,
  422: Code.InvalidArgument,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
};

/** An error as callers are told it: what it is in `millrace-code`, what to do in `millrace-hint`, when to try again in `retry-after`. */
export function rpcError(caught: unknown, onError: (error: unknown) => void): ConnectError {
  if (caught instanceof ConnectError) return caught;
  const { status, body, retryAfterSeconds } = errorAnswer(caught);
  if (status >= 500) onError(caught);
  const metadata = new Headers({ "millrace-code": body.code });
  if (body.hint !== null) metadata.set("millrace-hint", encodeURIComponent(body.hint));
  if (retryAfterSeconds !== undefined) metadata.set("retry-after", String(retryAfterSeconds));
  const offset = body.details["offset"];
  if (typeof offset === "number") metadata.set("millrace-offset", String(offset));
  return new ConnectError(body.message, CODES[status] ?? Code.Internal, metadata);
}

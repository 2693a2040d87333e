import { MillraceError, type Json } from "@millrace/core";
import type { Answer, BodyKind, BodyKinds } from "./answer.ts";
import type { Attempted } from "./attempt.ts";
import { decodeText, detectCharset, type Charset } from "./charset.ts";
import type { WholeAnswer } from "./whole-answer.ts";

/** How an answer is wanted. */
export interface Wanted<As extends BodyKind> {
  readonly as: As;
  /** Encoding that the user says. */
  readonly charset: string | undefined;
  readonly attempts: number;
  readonly where: () => string;
}

/** The answer as it was asked for. Fails with MLR_SOURCE_FORMAT where it is no JSON, MLR_ARGUMENT_INVALID for an unknown encoding. */
export function toAnswer<As extends BodyKind>(attempted: Attempted, wanted: Wanted<As>): Answer<As> {
  const { followed, whole, trace } = attempted;
  const charset = wanted.as === "text" ? detectCharset(whole.body, whole.headers, wanted.charset) : undefined;
  const { origin } = followed.arrived;
  const { dnsMs, connectMs, tlsMs, firstByteMs, totalMs, connections } = trace;
  return {
    status: whole.status,
    headers: whole.headers,
    url: whole.url.href,
    redirects: followed.redirects,
    // The kind that was asked for is the kind that was made.
    body: bodyOf(attempted, wanted, charset) as BodyKinds[As],
    charset,
    trace: { dnsMs, connectMs, tlsMs, firstByteMs, totalMs, connections, attempts: wanted.attempts },
    transferredBytes: whole.transferred,
    origin,
    fromCache: origin !== "network",
  };
}

function bodyOf(
  { whole, stream }: Attempted,
  { as, where }: Wanted<BodyKind>,
  charset: Charset | undefined,
): BodyKinds[BodyKind] {
  if (stream !== undefined) return stream;
  if (charset !== undefined) return decodeText(whole.body, charset);
  return as === "json" ? parseJson(whole, where) : whole.body;
}

function parseJson({ body, headers }: WholeAnswer, where: () => string): Json {
  if (body.length === 0) return null;
  try {
    return JSON.parse(decodeText(body, detectCharset(body, headers))) as Json;
  } catch (error) {
    const why = (error as Error).message;
    throw new MillraceError("MLR_SOURCE_FORMAT", `The answer to ${where()} is no JSON: ${why}`, {
      hint: "Ask for it as text to see what it is.",
      cause: error,
    });
  }
}

import { STATUS_CODES } from "node:http";
import { MillraceError } from "@millrace/core";
import { headerOf, type Answer } from "./answer.ts";

/** Characters of an answer that are told in an error. */
const SNIPPET = 200;

const CERTIFICATE = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_UNTRUSTED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** What to do about errors of the network, by their code. */
const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: "Check the name of the host, and whether this machine can look names up.",
  EAI_AGAIN: "Looking the name up failed for now: check this machine's name servers.",
  ECONNREFUSED: "Nothing listens there: check host and port, and whether the server runs.",
  UND_ERR_HEADERS_TIMEOUT:
    "The server did not begin to answer in time: raise `timeoutMs` if it may take longer.",
  UND_ERR_BODY_TIMEOUT:
    "The server stopped in the middle of its answer: raise `timeoutMs` if it may pause longer.",
  UND_ERR_CONNECT_TIMEOUT:
    "The host did not accept the connection in time: check the address and the network.",
};

/** What went wrong before there was a whole answer. */
export function networkFailure(error: unknown, where: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const cause = rootOf(error);
  if (cause instanceof MillraceError) return cause;
  const code = codeOf(cause) ?? codeOf(error);
  const message = messageOf(cause);
  const details = code === undefined ? {} : { error: code };
  if (
    code !== undefined &&
    (CERTIFICATE.has(code) || code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS"))
  ) {
    return new MillraceError("MLR_SOURCE_DENIED", `${where}: the certificate is not accepted: ${message}`, {
      hint: "Give the certificate that signed it with `tls: { ca }`.",
      details,
      cause: error,
    });
  }
  if (cause instanceof Error && cause.name === "HTTPParserError" && code !== "HPE_INVALID_EOF_STATE") {
    return new MillraceError("MLR_SOURCE_FORMAT", `${where}: the answer is not HTTP: ${message}`, {
      hint: "Check scheme and port: https:// where the server expects TLS.",
      details,
      cause: error,
    });
  }
  return new MillraceError("MLR_SOURCE_FAILED", `${where} failed: ${message}`, {
    hint: HINTS[code ?? ""] ?? "Check the address, the network and the server; the run may be tried again.",
    details,
    cause: error,
  });
}

/** Why an answer's status is a failure. `shown` is the text of the answer with secrets masked. */
export function statusFailure(answer: Answer, where: string, mask: (text: string) => string): MillraceError {
  const { status } = answer;
  const reason = STATUS_CODES[status];
  const said = mask(describeBody(answer));
  const message = `${where} answered ${status}${reason === undefined ? "" : ` ${reason}`}${said === "" ? "" : `: ${said}`}`;
  const details = { status };
  if (status === 401 || status === 403 || status === 407) {
    return new MillraceError("MLR_SOURCE_DENIED", message, {
      hint: "Check the credentials in `auth`, and what they are allowed to read.",
      details,
    });
  }
  if (status === 404 || status === 410) {
    return new MillraceError("MLR_SOURCE_NOT_FOUND", message, {
      hint: 'Check the address. Where it may be missing, say `responses: [{ status: 404, action: "ignore" }]`.',
      details,
    });
  }
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  return new MillraceError("MLR_SOURCE_FAILED", message, {
    hint: passing
      ? "The server has a problem or is overloaded; the run may be tried again and goes on where it stopped."
      : "Check the request: address, parameters and body. Another meaning of this status can be said with `responses`.",
    details,
    retry: passing ? "later" : "never",
  });
}

/** What an answer says of an error, in one line. */
export function describeBody({ body, headers }: Pick<Answer, "body" | "headers">): string {
  const text = body.subarray(0, 16_384).toString("utf8");
  const type = headerOf(headers, "content-type") ?? "";
  const said =
    /html/i.test(type) || /^\s*<(!doctype|html)/i.test(text) ? titleOf(text) : (errorOf(text) ?? text);
  const line = said.replaceAll(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > SNIPPET ? `${line.slice(0, SNIPPET).toWellFormed()}…` : line;
}

function titleOf(html: string): string {
  const title = /<title[^>]*>([^<]*)</i.exec(html)?.[1]?.trim();
  return title === undefined || title === "" ? "an HTML page" : `an HTML page, "${title}"`;
}

/** The message in the usual forms of JSON errors. */
function errorOf(text: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  return messageIn(document, 0);
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 3) return undefined;
  if (Array.isArray(value)) return messageIn(value[0], depth + 1);
  const members = value as Record<string, unknown>;
  const { error, error_description: description, errors, message, detail, title } = members;
  const texts = [typeof error === "string" ? error : undefined, description, title, message, detail];
  const found = texts.filter((each) => typeof each === "string" && each !== "");
  if (found.length > 0) return [...new Set(found)].join(": ");
  return messageIn(error ?? errors, depth + 1);
}

function rootOf(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    const { cause } = (current ?? {}) as { cause?: unknown };
    if (current instanceof MillraceError || cause === undefined || cause === null) return current;
    current = cause;
  }
  return current;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  if (error.message === "") return code ?? error.name;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}

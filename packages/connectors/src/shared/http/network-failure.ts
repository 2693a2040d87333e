import { MillraceError } from "@millrace/core";

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

import { type ErrorCode, MillraceError } from "@millrace/core";

const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: "Check the bucket's name, the endpoint and the region.",
  NoSuchKey: "Check the key, or set `optional: true` if it may be missing.",
  InvalidAccessKeyId: "Check accessKeyId (AWS_ACCESS_KEY_ID) and the endpoint.",
  SignatureDoesNotMatch: "Check secretAccessKey (AWS_SECRET_ACCESS_KEY) and the region.",
  AccessDenied:
    "Give the credentials the rights s3:GetObject and s3:ListBucket, or say which credentials to use.",
  ExpiredToken: "Get new credentials: these were temporary.",
  RequestTimeTooSkewed: "Set this machine's clock.",
  PermanentRedirect: "Set `region` to that of the bucket.",
  AuthorizationHeaderMalformed: "Set `region` to that of the bucket.",
};

/**
 * The error for what an S3 service answered. @param status 0 where it did not answer. @param body its XML, which names a
 * code such as `AccessDenied`.
 */
export function s3Failure(where: string, status: number, body: string, cause?: unknown): MillraceError {
  const said = /<Code>(\w{1,80})<\/Code>/.exec(body)?.[1];
  const known = said ?? (status === 301 || status === 307 ? "PermanentRedirect" : undefined);
  const code = codeOf(status, known);
  const hint = HINTS[known ?? ""] ?? (code === "MLR_SOURCE_DENIED" ? HINTS["AccessDenied"] : undefined);
  return new MillraceError(code, `${where} ${whatOf({ status, known, code, cause })}`, {
    hint: hint ?? "Check the endpoint, the network and the service; the run may be tried again.",
    details: { location: where, status },
    retry: PASSING.has(status) || status >= 500 ? "later" : "never",
    cause,
  });
}

/** No answer, too slow, too many requests. */
const PASSING: ReadonlySet<number> = new Set([0, 408, 429]);

function codeOf(status: number, known: string | undefined): ErrorCode {
  if (known === "NoSuchBucket" || known === "NoSuchKey" || status === 404) return "MLR_SOURCE_NOT_FOUND";
  return status === 401 || status === 403 ? "MLR_SOURCE_DENIED" : "MLR_SOURCE_FAILED";
}

function whatOf(answer: {
  readonly status: number;
  readonly known: string | undefined;
  readonly code: ErrorCode;
  readonly cause: unknown;
}): string {
  const { status, known, code, cause } = answer;
  if (status === 0)
    return `could not be asked: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`;
  const what = code === "MLR_SOURCE_NOT_FOUND" ? "does not exist:" : "was refused with";
  return `${what} HTTP status ${status}${known === undefined ? "" : ` (${known})`}`;
}

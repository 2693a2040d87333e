import { MillraceError } from "@millrace/core";

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
  const code = /<Code>(\w{1,80})<\/Code>/.exec(body)?.[1];
  const redirect = status === 301 || status === 307 ? "PermanentRedirect" : undefined;
  const known = code ?? redirect;
  const what =
    status === 0
      ? `could not be asked: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`
      : `was refused with HTTP status ${status}${known === undefined ? "" : ` (${known})`}`;
  const missing = code === "NoSuchBucket" || code === "NoSuchKey" || status === 404;
  const denied = status === 401 || status === 403;
  const passing = status === 0 || status === 408 || status === 429 || status >= 500;
  return new MillraceError(
    missing ? "MLR_SOURCE_NOT_FOUND" : denied ? "MLR_SOURCE_DENIED" : "MLR_SOURCE_FAILED",
    `${where} ${missing ? `does not exist: HTTP status ${status}${known === undefined ? "" : ` (${known})`}` : what}`,
    {
      hint:
        (known === undefined ? undefined : HINTS[known]) ??
        (denied
          ? (HINTS["AccessDenied"] ?? "")
          : "Check the endpoint, the network and the service; the run may be tried again."),
      details: { location: where, status },
      retry: passing ? "later" : "never",
      cause,
    },
  );
}

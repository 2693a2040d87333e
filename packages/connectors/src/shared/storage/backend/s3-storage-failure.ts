import { type ErrorCode, MillraceError } from "@millrace/core";
import { s3Failure } from "../../files/s3/s3-failure.ts";

const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  MLR_SOURCE_NOT_FOUND: "MLR_STORAGE_NOT_FOUND",
  MLR_SOURCE_DENIED: "MLR_STORAGE_DENIED",
  MLR_SOURCE_FAILED: "MLR_STORAGE_UNAVAILABLE",
};

/** The error for what an S3 service answered to a storage. @param status 0 where it did not answer. */
export function s3StorageFailure(
  where: string,
  status: number,
  body: string,
  cause?: unknown,
): MillraceError {
  const { code, message, hint, details, retry } = s3Failure(where, status, body, cause);
  const full = status === 507 || /<Code>(?:QuotaExceeded|XMinioStorageFull)/.test(body);
  return new MillraceError(full ? "MLR_STORAGE_FULL" : (CODES[code] ?? "MLR_STORAGE_UNAVAILABLE"), message, {
    ...(hint === undefined ? {} : { hint }),
    details,
    retry: full ? "later" : retry,
    cause,
  });
}

import { MillraceError } from "@millrace/core";
import type { ProxyAddress } from "./proxy-address.ts";

/** A proxy refused, failed, or said what it may not say; `details.proxy` tells which one. */
export function proxyFailure(
  { shown }: ProxyAddress,
  what: string,
  { denied = false, cause }: { readonly denied?: boolean; readonly cause?: unknown } = {},
): MillraceError {
  return new MillraceError(denied ? "MLR_SOURCE_DENIED" : "MLR_SOURCE_FAILED", `The proxy ${shown} ${what}`, {
    hint: denied
      ? "Check user and password in the proxy's address, and what it lets them reach."
      : "Check the proxy's address and whether it runs; another proxy may do.",
    details: { proxy: shown },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** True for an error that a proxy is to blame for, not the server behind it. */
export function isProxyFailure(error: unknown): boolean {
  return error instanceof MillraceError && error.details["proxy"] !== undefined;
}

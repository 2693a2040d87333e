import { parseOptions } from "@millrace/core";
import type { z } from "zod";
import { usernameTokenOptions, x509Options, type Security } from "./options.ts";

/**
 * Says who asks by name and password in each message (WS-Security UsernameToken). Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example security: usernameToken({ username: "reader", password: () => process.env.ORDERS_PASSWORD ?? "", type: "digest" })
 */
export function usernameToken(
  options: z.input<typeof usernameTokenOptions>,
): Extract<Security, { kind: "username-token" }> {
  return { kind: "username-token", ...parseOptions(usernameTokenOptions, options, "usernameToken()") };
}

/**
 * Signs each message with a key, and sends its certificate along (WS-Security X.509). Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example security: x509({ key: () => readFileSync("client.key", "utf8"), cert: () => readFileSync("client.crt", "utf8") })
 */
export function x509(options: z.input<typeof x509Options>): Extract<Security, { kind: "x509" }> {
  return { kind: "x509", ...parseOptions(x509Options, options, "x509()") };
}

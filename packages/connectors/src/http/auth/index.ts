import { parseOptions } from "@millrace/core";
import type { z } from "zod";
import type { SecretInput } from "../../shared/http/option-types.ts";
import {
  apiKeyOptions,
  basicOptions,
  jwtOptions,
  oauth2Options,
  sessionTokenOptions,
  type Auth,
} from "./options.ts";

/**
 * A token in the header `Authorization`.
 * @example http({ url, auth: bearer(() => process.env["TOKEN"] ?? "") })
 */
export function bearer(token: SecretInput): Auth {
  return { kind: "bearer", token };
}

/** A key in a header, a query parameter or a cookie. */
export function apiKey(options: z.input<typeof apiKeyOptions>): Auth {
  return { kind: "api-key", ...parseOptions(apiKeyOptions, options, "apiKey()") };
}

/** User and password in the header `Authorization`. */
export function basic(options: z.input<typeof basicOptions>): Auth {
  return { kind: "basic", ...parseOptions(basicOptions, options, "basic()") };
}

/**
 * OAuth 2: client credentials, or a refresh token. Tokens are renewed before they expire, and once where the server
 * answers 401.
 */
export function oauth2(options: z.input<typeof oauth2Options>): Auth {
  return { kind: "oauth2", ...parseOptions(oauth2Options, options, "oauth2()") };
}

/** A signed assertion, sent as bearer token or exchanged for one. */
export function jwt(options: z.input<typeof jwtOptions>): Auth {
  return { kind: "jwt", ...parseOptions(jwtOptions, options, "jwt()") };
}

/** A token, or cookies, from a call that logs in. Logs in again where the session is over. */
export function sessionToken(options: z.input<typeof sessionTokenOptions>): Auth {
  return { kind: "session", ...parseOptions(sessionTokenOptions, options, "sessionToken()") };
}

import type { KnownAuth } from "./options.ts";
import type { AuthContext, Authenticator } from "./authenticator.ts";
import { secretValue } from "../../shared/http/secret-value.ts";

type Of<K extends string> = Extract<KnownAuth, { kind: K }>;

/** A token in the header `Authorization`. */
export function bearerToken({ token }: Of<"bearer">, { secrets }: AuthContext): Authenticator {
  return {
    async apply({ headers }) {
      headers["authorization"] = `Bearer ${await secretValue(token, "token", secrets)}`;
    },
  };
}

/** A key in a header, a query parameter or a cookie. */
export function keyIn(options: Of<"api-key">, { secrets }: AuthContext): Authenticator {
  return {
    ...(options.in === "query" ? { changesUrl: true } : {}),
    async apply({ headers, url }) {
      const value = await secretValue(options.value, "apiKey", secrets);
      if (options.in === "query") url.searchParams.set(options.name, value);
      else if (options.in === "header") headers[options.name.toLowerCase()] = value;
      else addCookie(headers, `${options.name}=${value}`);
    },
  };
}

/** User and password in the header `Authorization`. */
export function userAndPassword(
  { username, password }: Of<"basic">,
  { secrets }: AuthContext,
): Authenticator {
  return {
    async apply({ headers }) {
      const user = typeof username === "function" ? await username() : username;
      const secret = password === "" ? "" : await secretValue(password, "password", secrets);
      const encoded = Buffer.from(`${user}:${secret}`).toString("base64");
      secrets.add("basic", encoded);
      headers["authorization"] = `Basic ${encoded}`;
    },
  };
}

/** Adds to the header `Cookie`. */
export function addCookie(headers: Record<string, string>, cookie: string): void {
  headers["cookie"] = headers["cookie"] === undefined ? cookie : `${headers["cookie"]}; ${cookie}`;
}

import type { KnownAuth } from "./options.ts";
import type { AuthContext, Authenticator } from "./authenticator.ts";
import { signedTokens } from "./jwt.ts";
import { oauth2Tokens } from "./oauth2.ts";
import { sessionTokens } from "./session.ts";
import { bearerToken, keyIn, userAndPassword } from "./static.ts";

/** Makes the authenticator that the options describe. */
export function createAuthenticator(auth: KnownAuth | undefined, context: AuthContext): Authenticator {
  if (auth === undefined) return { apply: () => undefined };
  if (typeof auth === "function") return { changesUrl: true, apply: (request) => auth(request) };
  switch (auth.kind) {
    case "bearer":
      return bearerToken(auth, context);
    case "api-key":
      return keyIn(auth, context);
    case "basic":
      return userAndPassword(auth, context);
    case "oauth2":
      return oauth2Tokens(auth, context);
    case "jwt":
      return signedTokens(auth, context);
    case "session":
      return sessionTokens(auth, context);
  }
}

import type { KnownAuth } from "./options.ts";
import type { AuthContext, Authenticator } from "./authenticator.ts";
import { secretValue } from "../../shared/http/secret-value.ts";
import { TokenKeeper, type Token } from "./token-keeper.ts";
import { requestToken } from "./token-request.ts";

type OAuth2 = Extract<KnownAuth, { kind: "oauth2" }>;

/** OAuth 2 with the grant `client_credentials` or `refresh_token`. */
export function oauth2Tokens(options: OAuth2, context: AuthContext): Authenticator {
  let rotated: string | undefined;
  const fetch = async (): Promise<Token> => {
    const form = new URLSearchParams(options.params);
    if (options.refreshToken === undefined) form.set("grant_type", "client_credentials");
    else {
      form.set("grant_type", "refresh_token");
      form.set(
        "refresh_token",
        rotated ?? (await secretValue(options.refreshToken, "refreshToken", context.secrets)),
      );
    }
    if (options.scope !== undefined) form.set("scope", options.scope);
    const headers = await clientCredentials(options, form, context);
    const token = await requestToken({ tokenUrl: options.tokenUrl, form, headers }, context);
    if (token.refreshToken !== undefined && token.refreshToken !== rotated) {
      rotated = token.refreshToken;
      await options.onRefreshToken?.(token.refreshToken);
    }
    return token;
  };
  return bearerOf(new TokenKeeper(fetch, context.clock));
}

/** Sends the tokens of a keeper, and drops one that is refused. */
export function bearerOf(keeper: TokenKeeper): Authenticator {
  return {
    async apply({ headers }) {
      headers["authorization"] = `Bearer ${await keeper.get()}`;
    },
    renew: ({ headers }) => keeper.drop((headers["authorization"] ?? "").replace(/^Bearer /, "")),
  };
}

/** Id and secret as the server wants them; in the header each is form-encoded first (RFC 6749, section 2.3.1). */
async function clientCredentials(
  options: OAuth2,
  form: URLSearchParams,
  { secrets }: AuthContext,
): Promise<Record<string, string>> {
  const id = typeof options.clientId === "function" ? await options.clientId() : options.clientId;
  if (options.clientSecret === undefined) {
    form.set("client_id", id);
    return {};
  }
  const secret = await secretValue(options.clientSecret, "clientSecret", secrets);
  if (options.send === "body") {
    form.set("client_id", id);
    form.set("client_secret", secret);
    return {};
  }
  const encoded = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString("base64");
  secrets.add("client", encoded);
  return { authorization: `Basic ${encoded}` };
}

function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

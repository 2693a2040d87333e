import { createPrivateKey, createSecretKey, randomUUID, type KeyObject } from "node:crypto";
import { MillraceError } from "@millrace/core";
import { toMs } from "../../shared/http/duration.ts";
import type { KnownAuth } from "./options.ts";
import type { AuthContext, Authenticator } from "./authenticator.ts";
import { bearerOf } from "./oauth2.ts";
import { secretValue } from "../../shared/http/secret-value.ts";
import { TokenKeeper, type Token } from "./token-keeper.ts";
import { requestToken } from "./token-request.ts";

type Jwt = Extract<KnownAuth, { kind: "jwt" }>;

/** Assertions that are signed here, as bearer tokens or exchanged for them. */
export function signedTokens(options: Jwt, context: AuthContext): Authenticator {
  const fetch = async (): Promise<Token> => {
    const assertion = await sign(options, context);
    if (options.exchange === undefined) {
      context.secrets.add("accessToken", assertion);
      return { value: assertion, lifetimeMs: toMs(options.lifetime) };
    }
    const { tokenUrl, scope, params } = options.exchange;
    const form = new URLSearchParams(params);
    form.set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.set("assertion", assertion);
    if (scope !== undefined) form.set("scope", scope);
    return requestToken({ tokenUrl, form }, context);
  };
  return bearerOf(new TokenKeeper(fetch, context.clock));
}

async function sign(options: Jwt, { secrets, clock }: AuthContext): Promise<string> {
  const { SignJWT } = await import("jose");
  const key = keyOf(await secretValue(options.key, "key", secrets), options.algorithm);
  const now = Math.floor(clock.now() / 1_000);
  try {
    return await new SignJWT({ jti: randomUUID(), ...options.claims })
      .setProtectedHeader({
        alg: options.algorithm,
        typ: "JWT",
        ...(options.keyId === undefined ? {} : { kid: options.keyId }),
      })
      .setIssuedAt(now)
      .setExpirationTime(now + Math.ceil(toMs(options.lifetime) / 1_000))
      .sign(key);
  } catch (error) {
    throw unusable(options.algorithm, error);
  }
}

function keyOf(text: string, algorithm: string): KeyObject {
  if (algorithm.startsWith("HS")) return createSecretKey(Buffer.from(text, "utf8"));
  try {
    // Environment variables often have line breaks written as \n.
    return createPrivateKey(text.replaceAll(String.raw`\n`, "\n"));
  } catch (error) {
    throw unusable(algorithm, error);
  }
}

function unusable(algorithm: string, cause: unknown): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `jwt(): the key cannot sign with ${algorithm}`, {
    hint: "RS…, PS…, ES… and EdDSA need a private key in PEM that fits the algorithm, HS… a shared secret that is long enough.",
    cause,
  });
}

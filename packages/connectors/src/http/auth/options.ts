import type { Resolved } from "@millrace/core";
import { z } from "zod";
import { duration, secret } from "../../shared/http/option-types.ts";
import { queryValues, valuePath } from "../option-types.ts";

const address = z.string().refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
  message: "must be an http(s) address",
});

/** Options of `apiKey()`. */
export const apiKeyOptions = z.strictObject({
  /** Name of the header, query parameter or cookie. */
  name: z.string().min(1),
  /** The key, or a function that returns it. Never logged. */
  value: secret,
  /** Where it goes. Default `header`. */
  in: z.enum(["header", "query", "cookie"]).default("header"),
});

/** Options of `basic()`. */
export const basicOptions = z.strictObject({
  /** Name of the user. */
  username: secret,
  /** Password, or a function that returns it. Never logged. Default: empty. */
  password: secret.default(""),
});

/** Options of `oauth2()`. */
export const oauth2Options = z
  .strictObject({
    /** Address that gives tokens out. */
    tokenUrl: address,
    /** The client's id. */
    clientId: secret,
    /** The client's secret. Default: none, for public clients. */
    clientSecret: secret.optional(),
    /** With it tokens are refreshed (grant `refresh_token`); without, asked for with the client's credentials. */
    refreshToken: secret.optional(),
    /** Is told the new refresh token where the server gives a new one each time: keep it, or the next run is refused. */
    onRefreshToken: z
      .custom<(token: string) => void | Promise<void>>((value) => typeof value === "function")
      .optional(),
    /** Space-separated scopes. Default: what the server gives. */
    scope: z.string().optional(),
    /** Further parameters of the request for a token, such as `audience`. */
    params: z.record(z.string(), z.string()).default({}),
    /** How the client's credentials are sent: in the header `Authorization`, or in the body. Default `header`. */
    send: z.enum(["header", "body"]).default("header"),
  })
  .refine(({ refreshToken, clientSecret }) => refreshToken !== undefined || clientSecret !== undefined, {
    message: "needs `clientSecret`, or `refreshToken` for a public client",
  });

/** Options of `jwt()`. */
export const jwtOptions = z.strictObject({
  /** Key that signs: PEM (PKCS #8, PKCS #1, SEC 1), or the shared secret for HS256, HS384 and HS512. */
  key: secret,
  /** How it is signed. */
  algorithm: z.enum([
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
  ]),
  /** Id of the key, sent as `kid`. */
  keyId: z.string().optional(),
  /** Claims, such as `{ iss, sub, aud }`. `iat`, `exp` and a new `jti` are added. */
  claims: z.record(z.string(), z.unknown()).default({}),
  /** How long a token is valid. Default 5 minutes. */
  lifetime: duration.default("5 minutes"),
  /** Exchanges the signed assertion for an access token (RFC 7523). Default: the assertion itself is the bearer token. */
  exchange: z
    .strictObject({
      tokenUrl: address,
      scope: z.string().optional(),
      params: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
});

/** Options of `sessionToken()`. */
export const sessionTokenOptions = z.strictObject({
  /** The call that logs in. */
  login: z.strictObject({
    /** Address of the call. */
    url: address,
    /** Default POST. */
    method: z.string().default("POST"),
    /** Headers of the call. */
    headers: z.record(z.string(), secret).default({}),
    /** Query parameters of the call. */
    query: queryValues.default({}),
    /** JSON document to send; its values may be functions that return secrets. */
    body: z.record(z.string(), z.unknown()).optional(),
    /** Fields of a form to send instead of `body`. */
    form: z.record(z.string(), secret).optional(),
  }),
  /** Where the token stands in the answer, such as `$.token`. Default: the cookies that the answer sets are the session. */
  token: valuePath.optional(),
  /** Instead of `token`: header of the answer with the token. */
  tokenHeader: z.string().min(1).optional(),
  /** Header that carries the token. Default `authorization`. */
  header: z.string().min(1).default("authorization"),
  /** What stands before the token in the header. Default `Bearer `, in other headers nothing. */
  prefix: z.string().optional(),
  /** After how long to log in again. Default: when the server answers 401. */
  lifetime: duration.optional(),
  /** Where the seconds that the token is valid stand in the answer, such as `$.expires_in`. */
  expiresIn: valuePath.optional(),
});

/** A request as a function that authenticates it sees it. */
export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  /** The body as it will be sent. */
  readonly body: string | undefined;
}

/** How requests are authenticated, made by `bearer()`, `oauth2()` and their like; or a function that adds what is needed. */
export const authOptions = z.union(
  [
    z.custom<(request: SignableRequest) => void | Promise<void>>((value) => typeof value === "function"),
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("bearer"), token: secret }),
      z.strictObject({ kind: z.literal("api-key"), ...apiKeyOptions.shape }),
      z.strictObject({ kind: z.literal("basic"), ...basicOptions.shape }),
      z.strictObject({ kind: z.literal("oauth2"), ...oauth2Options.shape }),
      z.strictObject({ kind: z.literal("jwt"), ...jwtOptions.shape }),
      z.strictObject({ kind: z.literal("session"), ...sessionTokenOptions.shape }),
    ]),
  ],
  {
    message: "must be made by bearer(), apiKey(), basic(), oauth2(), jwt() or sessionToken(), or a function",
  },
);

/** How requests are authenticated. */
export type Auth = z.output<typeof authOptions>;
/** The same with the values of secrets. */
export type KnownAuth = Resolved<Auth>;

import { type Clock, MillraceError, redactor } from "@millrace/core";
import type pg from "pg";
import * as client from "openid-client";
import { z } from "zod";
import { isLoopback } from "../first-start.ts";
import { externalUser } from "./external-user.ts";
import type { OidcOptions } from "./oidc-options.ts";
import { roleOfClaims } from "./role-of-claims.ts";

/** How long somebody may take to sign in at the other service, in milliseconds. */
export const OIDC_MS = 10 * 60_000;
/** Longest wait for an answer of the service, in seconds. */
const TIMEOUT_SECONDS = 15;
/** How long what the service says of itself is believed, in milliseconds. */
const DISCOVERY_MS = 10 * 60_000;

/** What a browser keeps of a sign-in that is under way: in a cookie of its own, which no script can read. */
const Underway = z.object({
  state: z.string().min(20),
  nonce: z.string().min(20),
  verifier: z.string().min(43),
  returnTo: z.string().startsWith("/"),
  redirectUri: z.url(),
});

/** Where to send the browser, and what it has to keep until it comes back. */
export interface OidcBeginning {
  readonly url: string;
  readonly cookie: string;
}

/** Signs people in by another service: authorization code with PKCE, state and nonce. */
export class OidcSignIn {
  readonly #o: OidcOptions;
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  #found:
    | { readonly config: Promise<client.Configuration>; readonly secret: string; readonly until: number }
    | undefined;

  constructor(options: OidcOptions, { pool, clock }: { readonly pool: pg.Pool; readonly clock: Clock }) {
    this.#o = options;
    this.#pool = pool;
    this.#clock = clock;
  }

  /** What the button says. */
  get label(): string {
    return this.#o.label ?? this.#o.issuer.host;
  }

  /** Begins a sign-in. Fails with MLR_SIGN_IN_OIDC where the service does not answer. @param returnTo page to show afterwards */
  async begin(redirectUri: string, returnTo: string | undefined): Promise<OidcBeginning> {
    const config = await this.#configuration();
    const verifier = client.randomPKCECodeVerifier();
    const underway = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier,
      returnTo: ownPath(returnTo),
      redirectUri,
    };
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: this.#o.scopes ?? "openid profile email",
      state: underway.state,
      nonce: underway.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return { url: url.href, cookie: Buffer.from(JSON.stringify(underway)).toString("base64url") };
  }

  /**
   * Ends a sign-in: exchanges the code, checks the ID token, and gives the user with the role of their claims.
   * Fails with MLR_SIGN_IN_OIDC.
   * @param query what the service sent the browser back with, from `?` on
   */
  async finish(
    cookie: string | undefined,
    query: string,
  ): Promise<{ readonly user: { readonly id: string; readonly name: string }; readonly returnTo: string }> {
    const underway = readUnderway(cookie);
    const config = await this.#configuration();
    const claims = await this.#claims(config, underway, query);
    const role = roleOfClaims(claims, this.#o);
    const names = [claims["preferred_username"], claims["email"], claims["name"]].filter(
      (name): name is string => typeof name === "string" && name.trim() !== "",
    );
    const { iss: issuer, sub: subject } = claims;
    const user = await externalUser(this.#pool, this.#clock, { issuer, subject, names, role });
    return { user, returnTo: underway.returnTo };
  }

  async #claims(
    config: client.Configuration,
    { redirectUri, verifier, state, nonce }: z.infer<typeof Underway>,
    query: string,
  ): Promise<client.IDToken> {
    try {
      const tokens = await client.authorizationCodeGrant(config, new URL(`${redirectUri}${query}`), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims !== undefined) return claims;
    } catch (error) {
      throw failed("did not sign you in", error);
    }
    throw failed("did not say who you are", undefined);
  }

  /** What the service says of itself; asked again after a while, after a failure, and with a new secret. */
  async #configuration(): Promise<client.Configuration> {
    const secret = await this.#o.clientSecret();
    redactor.add(secret);
    const now = this.#clock.monotonic();
    if (this.#found === undefined || this.#found.secret !== secret || now >= this.#found.until) {
      const config = this.#discover(secret);
      this.#found = { config, secret, until: now + DISCOVERY_MS };
    }
    const { config } = this.#found;
    try {
      return await config;
    } catch (error) {
      if (this.#found?.config === config) this.#found = undefined;
      throw failed("cannot be reached", error);
    }
  }

  async #discover(secret: string): Promise<client.Configuration> {
    const { issuer, clientId } = this.#o;
    // What comes from the token endpoint need not be signed, says the standard, as TLS vouches for it. Signed is better.
    const execute = [client.enableNonRepudiationChecks];
    // Secrets in clear on a network are refused; on this machine there is no network.
    if (issuer.protocol === "http:" && isLoopback(issuer.hostname))
      execute.push(client.allowInsecureRequests);
    return client.discovery(issuer, clientId, undefined, client.ClientSecretBasic(secret), {
      timeout: TIMEOUT_SECONDS,
      execute,
    });
  }
}

/** A path of our own pages; everything else, such as another site, becomes the first page. */
function ownPath(path: string | undefined): string {
  // A browser takes "//" and "/\" for another host.
  return path !== undefined && /^\/(?![/\\])[^\\\s]*$/.test(path) ? path : "/";
}

function readUnderway(cookie: string | undefined): z.infer<typeof Underway> {
  try {
    return Underway.parse(JSON.parse(Buffer.from(cookie ?? "", "base64url").toString("utf8")));
  } catch (error) {
    throw new MillraceError("MLR_SIGN_IN_OIDC", "This sign-in was not begun here, or took too long", {
      hint: "Begin again on the sign-in page, and allow cookies of this site.",
      retry: "later",
      cause: error,
    });
  }
}

function failed(what: string, cause: unknown): MillraceError {
  return new MillraceError("MLR_SIGN_IN_OIDC", `The service that signs people in ${what}`, {
    hint: "Try again; the log of the platform has the reason. Administrators can sign in by a link: `millrace user link`.",
    cause,
  });
}

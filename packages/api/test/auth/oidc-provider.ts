import { createHash, createSign, generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A person as the provider knows them. */
export interface ProviderPerson {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** What a test makes the provider do wrong. */
export interface Mischief {
  /** Claims in place of those that belong into the ID token. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signed by a key that the provider does not publish. */
  readonly foreignKey?: boolean;
  /** Without a signature. */
  readonly unsigned?: boolean;
  /** The token endpoint answers with this status. */
  readonly tokenStatus?: number;
}

/** An OpenID provider for tests: it takes only what OpenID Connect Core 1.0, RFC 6749 and RFC 7636 allow. */
export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What it refused, and why. */
  readonly refusals: readonly string[];
  /** What it was asked at the token endpoint. */
  readonly exchanges: readonly Readonly<Record<string, string>>[];
  /** What it does wrong from now on. */
  mischief: Mischief;
  /** What a browser does there: opens the address, signs in as this person, and is sent back to the address returned. */
  visit(url: string, person: ProviderPerson): Promise<URL>;
  close(): Promise<void>;
}

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | null;
  readonly scope: string;
  readonly person: ProviderPerson;
  used: boolean;
}

/** Starts a provider on this machine. @param redirectUris the addresses that were registered for the client */
export async function startOidcProvider(redirectUris: readonly string[]): Promise<OidcProvider> {
  const provider = new Provider(redirectUris);
  await provider.listen();
  return provider;
}

class Provider implements OidcProvider {
  issuer = "";
  readonly clientId = "millrace";
  readonly clientSecret = "s3cret with spaces & signs";
  readonly refusals: string[] = [];
  readonly exchanges: Record<string, string>[] = [];
  mischief: Mischief = {};
  readonly #redirectUris: readonly string[];
  readonly #grants = new Map<string, Grant>();
  readonly #key = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  readonly #foreign = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor(redirectUris: readonly string[]) {
    this.#redirectUris = redirectUris;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    this.issuer = `http://127.0.0.1:${port}/realm`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async visit(url: string, person: ProviderPerson): Promise<URL> {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { "x-person": Buffer.from(JSON.stringify(person)).toString("base64url") },
    });
    const location = response.headers.get("location");
    if (response.status !== 302 || location === null)
      throw new Error(`${response.status}: ${await response.text()}`);
    return new URL(location);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    const route = `${request.method} ${url.pathname}`;
    const body = await textOf(request);
    if (route === "GET /realm/.well-known/openid-configuration") return json(response, 200, this.#metadata());
    if (route === "GET /realm/keys") return json(response, 200, { keys: [this.#publicKey()] });
    if (route === "GET /realm/authorize") return this.#authorize(url.searchParams, request, response);
    if (route === "POST /realm/token") return this.#token(new URLSearchParams(body), request, response);
    return this.#refuse(response, 404, "invalid_request", `there is nothing at ${route}`);
  }

  #metadata(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
      code_challenge_methods_supported: ["S256"],
      scopes_supported: ["openid", "profile", "email"],
    };
  }

  #publicKey(): object {
    return { ...this.#key.publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };
  }

  /** Core 1.0, 3.1.2.1; RFC 7636, 4.3. */
  #authorize(query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const redirectUri = query.get("redirect_uri") ?? "";
    const challenge = query.get("code_challenge") ?? "";
    const state = query.get("state");
    const scope = query.get("scope") ?? "";
    const doubled = [...query.keys()].find((name) => query.getAll(name).length > 1);
    const wrong =
      query.get("client_id") !== this.clientId
        ? "the client is not known"
        : !this.#redirectUris.includes(redirectUri)
          ? `${redirectUri} is not registered`
          : doubled !== undefined
            ? `${doubled} is given twice`
            : query.get("response_type") !== "code"
              ? "the response type is not code"
              : !scope.split(" ").includes("openid")
                ? "the scope has no openid"
                : query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)
                  ? "the code challenge is none of S256"
                  : state === null || state.length < 20
                    ? "the state can be guessed"
                    : undefined;
    if (wrong !== undefined) return this.#refuse(response, 400, "invalid_request", wrong);
    const person = JSON.parse(
      Buffer.from(String(request.headers["x-person"]), "base64url").toString(),
    ) as ProviderPerson;
    const code = randomUUID();
    this.#grants.set(code, { redirectUri, challenge, nonce: query.get("nonce"), scope, person, used: false });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", state ?? "");
    response.writeHead(302, { location: back.href }).end();
  }

  /** Core 1.0, 3.1.3; RFC 6749, 2.3.1 and 4.1.3; RFC 7636, 4.6. */
  #token(form: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    this.exchanges.push(Object.fromEntries(form));
    if (this.mischief.tokenStatus !== undefined) {
      return json(response, this.mischief.tokenStatus, { error: "server_error" });
    }
    if (!this.#isClient(request))
      return this.#refuse(response, 401, "invalid_client", "the client's secret is wrong");
    if (request.headers["content-type"]?.split(";")[0] !== "application/x-www-form-urlencoded") {
      return this.#refuse(response, 400, "invalid_request", "the body is no form");
    }
    const grant = this.#grants.get(form.get("code") ?? "");
    const wrong = wrongExchange(form, grant);
    if (wrong !== undefined || grant === undefined) {
      return this.#refuse(response, 400, "invalid_grant", wrong ?? "");
    }
    grant.used = true;
    response.setHeader("cache-control", "no-store");
    json(response, 200, {
      access_token: randomUUID(),
      token_type: "Bearer",
      expires_in: 60,
      id_token: this.#idToken(grant),
    });
  }

  #isClient({ headers }: IncomingMessage): boolean {
    const [scheme, value = ""] = (headers.authorization ?? "").split(" ");
    const [id = "", secret = ""] = Buffer.from(value, "base64").toString().split(":");
    const decoded = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));
    return scheme === "Basic" && decoded(id) === this.clientId && decoded(secret) === this.clientSecret;
  }

  #idToken({ person, nonce }: Grant): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.issuer,
      aud: this.clientId,
      iat: now,
      exp: now + 60,
      ...(nonce === null ? {} : { nonce }),
      ...person,
      ...this.mischief.claims,
    };
    const { unsigned = false, foreignKey = false } = this.mischief;
    const key = foreignKey ? this.#foreign.privateKey : this.#key.privateKey;
    return unsigned ? `${part({ alg: "none" })}.${part(claims)}.` : sign(claims, key);
  }

  #refuse(response: ServerResponse, status: number, error: string, why: string): void {
    this.refusals.push(why);
    json(response, status, { error, error_description: why });
  }
}

/** What is wrong with a request for tokens; undefined: nothing. */
function wrongExchange(form: URLSearchParams, grant: Grant | undefined): string | undefined {
  const verifier = form.get("code_verifier") ?? "";
  if (form.get("grant_type") !== "authorization_code") return "the grant type is wrong";
  if (grant === undefined || grant.used) return "the code was never given, or is used up";
  if (grant.redirectUri !== form.get("redirect_uri")) return "the redirect URI is another one";
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  if (!/^[\w.~-]{43,128}$/.test(verifier) || challenge !== grant.challenge) {
    return "the code verifier does not fit";
  }
  return undefined;
}

function sign(claims: object, key: KeyObject): string {
  const text = `${part({ alg: "RS256", kid: "one", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

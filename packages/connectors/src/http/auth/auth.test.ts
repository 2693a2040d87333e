import { generateKeyPairSync, createHmac } from "node:crypto";
import { jwtVerify } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { apiKey, basic, bearer, jwt, oauth2, sessionToken } from "../index.ts";
import { apiServer, type ApiServer } from "../../../test/http/api-server.ts";
import { hurriedClock, readAll } from "../../../test/http/read.ts";
import { githubLike, TokenServer } from "../../../test/http/shapes.ts";

const items = Array.from({ length: 7 }, (_, i) => ({ id: i + 1 }));
let server: ApiServer;
beforeEach(async () => void (server = await apiServer({ "/things": githubLike(() => items) })));
afterEach(() => server.close());

const url = (path = "/things"): string => server.url + path;
const headersOf = (name: string): unknown[] => server.received.map(({ headers }) => headers[name]);

test("a bearer token goes with every request, also one that a function fetches", async () => {
  await readAll({ url: url(), auth: bearer(async () => "token-of-today") });
  expect(new Set(headersOf("authorization"))).toEqual(new Set(["Bearer token-of-today"]));
});

test("a key goes into a header, a cookie or the query, also of next links", async () => {
  await readAll({ url: url(), auth: apiKey({ name: "X-Key", value: "key-value" }) });
  expect(headersOf("x-key")).toEqual(["key-value", "key-value", "key-value"]);
  await readAll({ url: url(), auth: apiKey({ name: "sid", value: "key-value", in: "cookie" }) });
  expect(headersOf("cookie").slice(3)).toEqual(["sid=key-value", "sid=key-value", "sid=key-value"]);
  await readAll({ url: url(), auth: apiKey({ name: "api_key", value: "key-value", in: "query" }) });
  expect(server.received.slice(6).map(({ query }) => query.getAll("api_key"))).toEqual([
    ["key-value"],
    ["key-value"],
    ["key-value"],
  ]);
});

test("user and password are sent as UTF-8", async () => {
  await readAll({ url: url(), auth: basic({ username: "jürgen", password: "pässword" }) });
  const [header] = headersOf("authorization");
  expect(Buffer.from(String(header).slice(6), "base64").toString("utf8")).toBe("jürgen:pässword");
});

test("a function may sign the request as it will be sent", async () => {
  await readAll({
    url: url(),
    body: { a: 1 },
    paginate: { kind: "single" },
    auth: ({ headers, body, method }) => {
      headers["x-signature"] = createHmac("sha256", "k").update(`${method}${body}`).digest("hex");
    },
  });
  expect(headersOf("x-signature")).toEqual([createHmac("sha256", "k").update('POST{"a":1}').digest("hex")]);
  expect(server.received[0]?.body).toBe('{"a":1}');
});

test("a secret that is empty is named before anything is asked", async () => {
  await expect(readAll({ url: url(), auth: bearer("") })).rejects.toMatchObject({
    code: "MLR_ARGUMENT_INVALID",
    message: expect.stringContaining('"token" is empty') as string,
  });
  expect(server.received).toEqual([]);
});

function oauth(more: object = {}): ReturnType<typeof oauth2> {
  return oauth2({ tokenUrl: url("/token"), clientId: "client+1", clientSecret: "s:cret-value", ...more });
}

test("client credentials give a token that is used until shortly before it expires", async () => {
  const tokens = new TokenServer();
  tokens.expiresIn = 600;
  const clock = hurriedClock();
  const pass = tokens.guard(githubLike(() => items));
  let pages = 0;
  Object.assign(server.routes, {
    "/token": tokens.route,
    "/things": async (request: Parameters<typeof pass>[0]) => {
      // The second page comes 9 minutes and one second later, a minute before the end.
      if (++pages === 1) await clock.sleep(541_000);
      return pass(request);
    },
  });
  const { rows } = await readAll(
    { url: url(), auth: oauth({ scope: "read all", params: { audience: "x" } }) },
    { clock },
  );
  expect(rows["http"]).toEqual(items);
  expect(tokens.asked.map(String)).toEqual(
    Array.from({ length: 2 }, () => "audience=x&grant_type=client_credentials&scope=read+all"),
  );
  expect(server.received.filter(({ path }) => path === "/things")).toHaveLength(3);
});

test("a token that is refused is renewed once, for all who had it", async () => {
  const tokens = new TokenServer();
  tokens.expiresIn = undefined;
  Object.assign(server.routes, { "/token": tokens.route, "/things": tokens.guard(githubLike(() => items)) });
  const pass = server.routes["/things"];
  let calls = 0;
  server.routes["/things"] = (request) => {
    if (++calls === 2) tokens.valid.clear();
    return pass!(request);
  };
  const { rows } = await readAll({ url: url(), auth: oauth() });
  expect(rows["http"]).toEqual(items);
  expect(tokens.asked).toHaveLength(2);
});

test("a server that refuses every token is not asked for ever", async () => {
  const tokens = new TokenServer();
  server.routes["/token"] = tokens.route;
  server.routes["/things"] = () => ({ status: 401, json: { message: "no access" } });
  await expect(readAll({ url: url(), auth: oauth() })).rejects.toMatchObject({
    code: "MLR_SOURCE_DENIED",
    message: expect.stringContaining("401 Unauthorized: no access") as string,
  });
  expect(tokens.asked).toHaveLength(2);
});

test("a refresh token that the server replaces is handed on", async () => {
  const tokens = new TokenServer("refresh-token-1");
  tokens.expiresIn = undefined;
  const kept: string[] = [];
  Object.assign(server.routes, { "/token": tokens.route, "/things": tokens.guard(githubLike(() => items)) });
  const auth = oauth({
    refreshToken: "refresh-token-1",
    onRefreshToken: (token: string) => void kept.push(token),
  });
  expect((await readAll({ url: url(), auth })).rows["http"]).toEqual(items);
  expect(kept).toEqual(["refresh-token-2"]);
});

test("what a token endpoint says against the client is told, its secret is not", async () => {
  server.routes["/token"] = ({ body }) => ({
    status: 400,
    json: { error: "invalid_client", error_description: `secret s:cret-value of ${body} is wrong` },
  });
  const failure = await readAll({ url: url(), auth: oauth({ send: "body" }) }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: "MLR_SOURCE_DENIED", retry: "never" });
  expect(String(failure)).toContain("invalid_client");
  expect(String(failure)).not.toMatch(/s:cret-value|s%3Acret-value/);
});

test.each(["RS256", "ES256", "EdDSA", "HS256"] as const)(
  "an assertion signed with %s is what it says",
  async (algorithm) => {
    const pair =
      algorithm === "RS256"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : algorithm === "ES256"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" })
          : generateKeyPairSync("ed25519");
    const shared = "a-shared-secret-that-is-long-enough-for-it";
    const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const key = algorithm === "HS256" ? shared : pem.replaceAll("\n", String.raw`\n`);
    const now = Date.UTC(2026, 0, 1);
    await readAll(
      { url: url(), auth: jwt({ key, algorithm, keyId: "k1", claims: { iss: "me", aud: "them" } }) },
      { clock: hurriedClock(now) },
    );
    const [header] = headersOf("authorization");
    const verified = await jwtVerify(
      String(header).replace("Bearer ", ""),
      algorithm === "HS256" ? Buffer.from(shared) : pair.publicKey,
      { issuer: "me", audience: "them", currentDate: new Date(now) },
    );
    expect(verified.protectedHeader).toMatchObject({ alg: algorithm, kid: "k1" });
    expect(verified.payload).toMatchObject({ iat: now / 1_000, exp: now / 1_000 + 300 });
    expect(typeof verified.payload.jti).toBe("string");
    // One token for all requests.
    expect(new Set(headersOf("authorization")).size).toBe(1);
  },
);

test("an assertion is exchanged for an access token", async () => {
  server.routes["/token"] = ({ body }) => {
    const form = new URLSearchParams(body);
    const fits = form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer";
    return fits && form.get("assertion")?.split(".").length === 3
      ? { json: { access_token: "exchanged-token", expires_in: "3600" } }
      : { status: 400, json: { error: "invalid_grant" } };
  };
  const exchange = { tokenUrl: url("/token"), scope: "read" };
  await readAll({ url: url(), auth: jwt({ key: "k".repeat(40), algorithm: "HS256", exchange }) });
  expect(server.received.slice(1).map(({ headers }) => headers.authorization)).toContain(
    "Bearer exchanged-token",
  );
});

test("a key that cannot sign is refused without being shown", async () => {
  const failure = await readAll({
    url: url(),
    auth: jwt({ key: "not-a-private-key", algorithm: "RS256" }),
  }).catch(String);
  expect(failure).toContain("cannot sign with RS256");
  expect(failure).not.toContain("not-a-private-key");
});

test("a session is opened by a call, and again when it is over", async () => {
  let sessions = 0;
  let current = "";
  server.routes["/login"] = ({ body, headers }) => {
    const { user, password } = JSON.parse(body) as Record<string, string>;
    if (user !== "u" || password !== "the-password" || headers["content-type"] !== "application/json")
      return { status: 403, json: {} };
    current = `session-token-${++sessions}`;
    return { json: { auth: { token: current } } };
  };
  const pass = githubLike(() => items);
  let calls = 0;
  server.routes["/things"] = (request) => {
    if (++calls === 3) current = "gone";
    return request.headers["x-session"] === current ? pass(request) : { status: 401, json: {} };
  };
  const auth = sessionToken({
    login: { url: url("/login"), body: { user: "u", password: () => "the-password" } },
    token: "$.auth.token",
    header: "X-Session",
  });
  expect((await readAll({ url: url(), auth })).rows["http"]).toEqual(items);
  expect(sessions).toBe(2);
});

test("a session may be cookies, set by a login that redirects", async () => {
  server.routes["/login"] = () => ({
    status: 302,
    body: "",
    headers: { location: "/home", "set-cookie": ["sid=abc123; Path=/; HttpOnly", "lang=en"] },
  });
  await readAll({
    url: url(),
    auth: sessionToken({ login: { url: url("/login"), form: { user: "u", password: "pass-word" } } }),
  });
  expect(headersOf("cookie").slice(1)).toEqual(Array.from({ length: 3 }, () => "sid=abc123; lang=en"));
  expect(server.received[0]?.body).toBe("user=u&password=pass-word");
});

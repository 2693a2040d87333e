import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AuthBed, type Browser, openAuthBed } from "./auth-bed.ts";
import { type OidcProvider, type ProviderPerson, startOidcProvider } from "./oidc-provider.ts";

const CALLBACK = "http://localhost:8080/api/v1/auth/oidc/callback";
const ADA: ProviderPerson = { sub: "1", preferred_username: "ada", groups: ["staff", "platform"] };

let provider: OidcProvider;
let bed: AuthBed;
let secret: string;
beforeAll(async () => {
  provider = await startOidcProvider([CALLBACK]);
  bed = await openAuthBed({
    oidc: {
      issuer: new URL(provider.issuer),
      clientId: provider.clientId,
      clientSecret: async () => secret,
      roles: { admin: ["platform"], operator: ["data", "on-call"], viewer: ["staff"] },
    },
  });
});
afterAll(async () => {
  await bed.close();
  await provider.close();
});
beforeEach(async () => {
  secret = provider.clientSecret;
  await bed.clear();
});
afterEach(() => {
  provider.mischief = {};
});

it("is told of, so that the sign-in page offers it", async () => {
  const { body } = await bed.browser().ask("/auth/methods");
  expect(body).toEqual({ password: true, oidc: true });
});

/** Begins a sign-in, lets the provider sign this person in, and gives where it sends the browser back to. */
async function visit(browser: Browser, person: ProviderPerson, returnTo?: string): Promise<string> {
  const query = returnTo === undefined ? "" : `?returnTo=${encodeURIComponent(returnTo)}`;
  const begun = await browser.ask(`/auth/oidc${query}`);
  const back = await provider.visit(String(begun.headers["location"]), person);
  return back.href.slice("http://localhost:8080/api/v1".length);
}

async function signIn(browser: Browser, person: ProviderPerson, returnTo?: string): Promise<unknown> {
  const done = await browser.ask(await visit(browser, person, returnTo));
  expect(done.status).toBe(302);
  return done.headers["location"];
}

describe("signing in by OpenID Connect", () => {
  it("makes the user at the first sign-in, with the highest role that their claims give", async () => {
    const browser = bed.browser();
    expect(await signIn(browser, ADA, "/runs?status=failed")).toBe("/runs?status=failed");
    expect((await browser.ask("/auth/me")).body).toMatchObject({
      name: "ada",
      role: "admin",
      password: "external",
      session: { via: "oidc" },
    });
    expect(provider.refusals).toEqual([]);
    expect(provider.exchanges.at(-1)).toMatchObject({
      redirect_uri: CALLBACK,
      grant_type: "authorization_code",
    });
  });

  it("follows the claims at each sign-in, and signs everybody out who has no role any more", async () => {
    const first = bed.browser();
    await signIn(first, ADA);
    const second = bed.browser();
    await signIn(second, { ...ADA, groups: ["data"] });
    expect((await first.ask("/auth/me")).body).toMatchObject({ name: "ada", role: "operator" });
    expect(await signIn(bed.browser(), { ...ADA, groups: [] })).toBe("/sign-in?error=MLR_SIGN_IN_OIDC");
    expect((await first.ask("/auth/me")).status).toBe(401);
    expect((await second.ask("/auth/me")).status).toBe(401);
  });

  it("never takes a user of Millrace's own for the person of the same name", async () => {
    await bed.user("ada", "admin");
    const browser = bed.browser();
    await signIn(browser, { ...ADA, groups: ["staff"], email: "ada@example.org" });
    expect((await browser.ask("/auth/me")).body).toMatchObject({ name: "ada@example.org", role: "viewer" });
  });

  it("knows a person by what does not change, not by their name", async () => {
    const browser = bed.browser();
    await signIn(browser, ADA);
    const { body: before } = await browser.ask("/auth/me");
    await signIn(browser, { ...ADA, preferred_username: "ada.lovelace" });
    expect((await browser.ask("/auth/me")).body).toMatchObject({ id: before["id"], name: "ada" });
  });

  it("takes a code only in the browser that began, and only once", async () => {
    const browser = bed.browser();
    const back = await visit(browser, ADA);
    expect((await bed.browser().ask(back)).headers["location"]).toBe("/sign-in?error=MLR_SIGN_IN_OIDC");
    expect((await browser.ask(back)).headers["location"]).toBe("/");
    expect((await browser.ask(back)).headers["location"]).toBe("/sign-in?error=MLR_SIGN_IN_OIDC");
  });

  it("refuses another state, also with a good code", async () => {
    const browser = bed.browser();
    const back = await visit(browser, ADA);
    const forged = back.replace(/state=[^&]+/, "state=forged-forged-forged-forged");
    expect((await browser.ask(forged)).headers["location"]).toBe("/sign-in?error=MLR_SIGN_IN_OIDC");
    expect((await browser.ask("/auth/me")).status).toBe(401);
  });

  it.each([
    ["of another nonce", { claims: { nonce: "another" } }],
    ["for another client", { claims: { aud: "another" } }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["that has expired", { claims: { exp: 1_000 } }],
    ["signed by an unknown key", { foreignKey: true }],
    ["without a signature", { unsigned: true }],
    ["that is not there, as the provider failed", { tokenStatus: 500 }],
  ])("refuses an ID token %s", async (_, mischief) => {
    provider.mischief = mischief;
    const browser = bed.browser();
    expect(await signIn(browser, ADA)).toBe("/sign-in?error=MLR_SIGN_IN_OIDC");
    expect((await browser.ask("/auth/me")).status).toBe(401);
    const { rowCount } = await bed.bed.control.pool.query("SELECT FROM millrace_control.users");
    expect(rowCount).toBe(0);
  });

  it.each(["https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb", "runs"])(
    "sends nobody to %j afterwards",
    async (returnTo) => {
      expect(await signIn(bed.browser(), ADA, returnTo)).toBe("/");
    },
  );

  it("tells the sign-in page that there is such a service, and says in the audit log who came by it", async () => {
    const browser = bed.browser();
    expect((await browser.ask("/auth/me")).body).toMatchObject({
      code: "MLR_SIGN_IN_REQUIRED",
      details: { oidc: new URL(provider.issuer).host },
    });
    await signIn(browser, ADA);
    await signIn(bed.browser(), { sub: "2", groups: [] });
    const { body } = await browser.ask<{ items: object[] }>("/audit?action=auth.oidc");
    expect(body.items).toMatchObject([
      { actor: { kind: "anonymous" }, outcome: "refused", code: "MLR_SIGN_IN_OIDC" },
      { actor: { kind: "user", name: "ada" }, outcome: "done", target: "ada", details: { via: "oidc" } },
    ]);
  });

  it("takes a new client secret without a restart", async () => {
    secret = "not the secret any more";
    expect(await signIn(bed.browser(), ADA)).toBe("/sign-in?error=MLR_SIGN_IN_OIDC");
    expect(provider.refusals.at(-1)).toBe("the client's secret is wrong");
    secret = provider.clientSecret;
    expect(await signIn(bed.browser(), ADA)).toBe("/");
  });

  it("lets such a user set no password here", async () => {
    const browser = bed.browser();
    await signIn(browser, ADA);
    const answer = await browser.post("/auth/password", { password: "four words nobody joins" });
    expect(answer).toMatchObject({ status: 403, body: { code: "MLR_ACCESS_DENIED" } });
  });
});

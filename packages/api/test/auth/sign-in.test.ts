import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashPassword } from "../../src/auth/password-hash.ts";
import { type AuthBed, openAuthBed, PASSWORD } from "./auth-bed.ts";

let bed: AuthBed;
beforeAll(async () => {
  bed = await openAuthBed();
});
afterAll(() => bed.close());
beforeEach(() => bed.clear());

const MINUTE = 60_000;
const NEW = "another five words for it";

/** A column of the only row of a table. */
async function only(table: string, column: string): Promise<unknown> {
  const { rows } = await bed.bed.control.pool.query<Record<string, unknown>>(
    `SELECT ${column} FROM millrace_control.${table}`,
  );
  expect(rows).toHaveLength(1);
  return rows[0]?.[column];
}

describe("signing in with a password", () => {
  it("is the only way where no other service is set up", async () => {
    expect((await bed.browser().ask("/auth/methods")).body).toEqual({ password: true, oidc: false });
  });

  it("gives a session in a cookie that no script can read, and tells who it is", async () => {
    await bed.user("Ada", "operator");
    const browser = bed.browser();
    const answer = await browser.signIn("ada");
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ kind: "user", name: "Ada", role: "operator", password: "set" });
    expect(answer.cookies).toMatchObject([
      { name: "millrace-session-8080", httpOnly: true, sameSite: "Strict", path: "/", maxAge: 604_800 },
    ]);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect((await browser.ask("/auth/me")).body).toEqual(answer.body);
  });

  it("keeps neither the cookie nor the password in the database", async () => {
    const browser = await bed.signedIn("ada", "admin");
    const { rows } = await bed.bed.control.pool.query<{ all: string }>(
      `SELECT (SELECT string_agg(users::text, '') FROM millrace_control.users)
         || (SELECT string_agg(sessions::text, '') FROM millrace_control.sessions)
         || (SELECT string_agg(audit::text, '') FROM millrace_control.audit) AS all`,
    );
    const [token = ""] = [...browser.cookies.values()];
    expect(token).toHaveLength(43);
    expect(rows[0]?.all).not.toContain(token);
    expect(rows[0]?.all).not.toContain(PASSWORD);
    expect(rows[0]?.all).toContain("$scrypt$");
  });

  it("says the same of a wrong password, an unknown name, and users who have none or may not sign in", async () => {
    await bed.user("ada", "admin");
    const off = await bed.user("bob", "viewer");
    await bed.auth.users.add({ name: "carl", role: "viewer", by: "test" });
    await bed.auth.users.change(off, { disabled: true });
    const texts = new Set<string>();
    for (const name of ["ada", "bob", "carl", "dora"]) {
      const { status, text } = await bed
        .browser()
        .signIn(name, name === "bob" ? PASSWORD : "wrong wrong wrong");
      expect(status).toBe(401);
      texts.add(text);
    }
    expect([...texts].map((text) => JSON.parse(text) as object)).toMatchObject([
      { code: "MLR_SIGN_IN_FAILED", message: "Name or password is wrong" },
    ]);
  });

  it("makes the hash again where it was made at another cost", async () => {
    const passwordHash = await hashPassword(PASSWORD, { logN: 7, r: 8, p: 1 });
    await bed.auth.users.add({ name: "ada", role: "viewer", by: "test", passwordHash });
    expect((await bed.browser().signIn("ada", "wrong wrong wrong")).status).toBe(401);
    expect(await only("users", "password_hash")).toBe(passwordHash);
    expect((await bed.browser().signIn("ada")).status).toBe(200);
    expect(await only("users", "password_hash")).toMatch(/^\$scrypt\$ln=8,r=8,p=1\$/);
    expect((await bed.browser().signIn("ada")).status).toBe(200);
  });

  it("gives another session at each sign-in, and ends the one before in the same browser", async () => {
    const browser = await bed.signedIn("ada", "viewer");
    const before = browser.cookies.get("millrace-session-8080") ?? "";
    await browser.signIn("ada");
    expect(browser.cookies.get("millrace-session-8080")).not.toBe(before);
    const stale = bed.browser();
    stale.cookies.set("millrace-session-8080", before);
    expect((await stale.ask("/auth/me")).status).toBe(401);
  });

  it("never takes a session that the browser was given by others", async () => {
    await bed.user("ada", "viewer");
    const browser = bed.browser();
    const planted = "A".repeat(43);
    browser.cookies.set("millrace-session-8080", planted);
    await browser.signIn("ada");
    expect(browser.cookies.get("millrace-session-8080")).not.toBe(planted);
    const other = bed.browser();
    other.cookies.set("millrace-session-8080", planted);
    expect((await other.ask("/auth/me")).status).toBe(401);
  });
});

describe("a session", () => {
  it("ends after twelve hours without a request, and not while it is used", async () => {
    const browser = await bed.signedIn("ada", "viewer");
    for (let hours = 0; hours < 24; hours += 8) {
      await bed.clock.advance(8 * 60 * MINUTE);
      expect((await browser.ask("/auth/me")).status).toBe(200);
    }
    await bed.clock.advance(12 * 60 * MINUTE + 1);
    expect((await browser.ask("/auth/me")).status).toBe(401);
  });

  it("ends after seven days, however much it is used", async () => {
    const browser = await bed.signedIn("ada", "viewer");
    for (let hours = 10; hours < 7 * 24; hours += 10) {
      await bed.clock.advance(10 * 60 * MINUTE);
      expect((await browser.ask("/auth/me")).status).toBe(200);
    }
    await bed.clock.advance(10 * 60 * MINUTE);
    expect((await browser.ask("/auth/me")).status).toBe(401);
  });

  it("ends when its user signs out, here or everywhere", async () => {
    const [one, two, three] = [await bed.signedIn("ada", "viewer"), bed.browser(), bed.browser()];
    await two.signIn("ada");
    await three.signIn("ada");
    expect((await one.post("/auth/sign-out")).body).toEqual({ sessions: 1 });
    expect(one.cookies.size).toBe(0);
    expect((await two.ask("/auth/me")).status).toBe(200);
    expect((await two.post("/auth/sign-out", { everywhere: true })).body).toEqual({ sessions: 2 });
    expect((await three.ask("/auth/me")).status).toBe(401);
  });

  it("is listed for its user, who can end each, and nobody else's", async () => {
    const [ada, bob] = [await bed.signedIn("ada", "viewer"), await bed.signedIn("bob", "admin")];
    const second = bed.browser();
    await second.signIn("ada");
    const { body } = await ada.ask<{ items: { id: string; current: boolean }[] }>("/auth/sessions");
    expect(body.items.map(({ current }) => current)).toEqual([false, true]);
    const [other] = body.items;
    expect((await bob.ask(`/auth/sessions/${other?.id}`, { method: "DELETE" })).body).toEqual({
      sessions: 0,
    });
    expect((await ada.ask(`/auth/sessions/${other?.id}`, { method: "DELETE" })).body).toEqual({
      sessions: 1,
    });
    expect((await second.ask("/auth/me")).status).toBe(401);
  });

  it("ends when its user is disabled or removed, and has a new role at once", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const ada = await bed.signedIn("ada", "admin");
    const { body: me } = await ada.ask("/auth/me");
    await admin.ask(`/users/${String(me["id"])}`, { method: "PATCH", body: { role: "viewer" } });
    expect((await ada.ask("/users")).status).toBe(403);
    await admin.ask(`/users/${String(me["id"])}`, { method: "PATCH", body: { disabled: true } });
    expect((await ada.ask("/auth/me")).status).toBe(401);
    await admin.ask(`/users/${String(me["id"])}`, { method: "PATCH", body: { disabled: false } });
    expect((await ada.ask("/auth/me")).status).toBe(401);
    expect((await ada.signIn("ada")).status).toBe(200);
    await admin.ask(`/users/${String(me["id"])}`, { method: "DELETE" });
    expect((await ada.ask("/auth/me")).status).toBe(401);
  });
});

describe("setting one's own password", () => {
  it("asks for the one until now, signs everybody else out, and renews this session", async () => {
    const [ada, other] = [await bed.signedIn("ada", "viewer"), bed.browser()];
    await other.signIn("ada");
    const before = ada.cookies.get("millrace-session-8080");
    expect(await ada.post("/auth/password", { password: NEW })).toMatchObject({
      status: 400,
      body: { details: { field: "current" } },
    });
    expect((await ada.post("/auth/password", { current: "wrong wrong wrong", password: NEW })).status).toBe(
      401,
    );
    expect((await ada.post("/auth/password", { current: PASSWORD, password: NEW })).status).toBe(200);
    expect(ada.cookies.get("millrace-session-8080")).not.toBe(before);
    expect((await ada.ask("/auth/me")).status).toBe(200);
    expect((await other.ask("/auth/me")).status).toBe(401);
    expect((await other.signIn("ada")).status).toBe(401);
    expect((await other.signIn("ada", NEW)).status).toBe(200);
  });

  it.each(["short", "aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "password123456", "ada ada ada ada ada"])(
    "refuses %j, and says why",
    async (password) => {
      const ada = await bed.signedIn("ada", "viewer");
      expect(await ada.post("/auth/password", { current: PASSWORD, password })).toMatchObject({
        status: 400,
        body: { code: "MLR_PASSWORD_WEAK" },
      });
    },
  );
});

describe("a link", () => {
  it("makes the first administrator, who then sets a password", async () => {
    const { token, path } = await bed.auth.links.create({ by: "first start" });
    expect(path).toBe(`/sign-in#${token}`);
    const browser = bed.browser();
    expect((await browser.post("/auth/link", { token })).body).toMatchObject({
      name: "admin",
      role: "admin",
      password: "unset",
      session: { via: "link" },
    });
    expect((await browser.post("/auth/password", { password: NEW })).status).toBe(200);
    expect((await bed.browser().signIn("admin", NEW)).status).toBe(200);
  });

  it("signs in once, for fifteen minutes, and only the whole of it", async () => {
    const id = await bed.user("ada", "viewer");
    const first = await bed.auth.links.create({ user: id, by: "test" });
    expect((await bed.browser().post("/auth/link", { token: first.token.slice(1) })).status).toBe(401);
    expect((await bed.browser().post("/auth/link", { token: first.token })).status).toBe(200);
    expect((await bed.browser().post("/auth/link", { token: first.token })).status).toBe(401);
    const second = await bed.auth.links.create({ user: id, by: "test" });
    await bed.clock.advance(15 * MINUTE);
    expect(await bed.browser().post("/auth/link", { token: second.token })).toMatchObject({
      status: 401,
      body: { code: "MLR_SIGN_IN_FAILED" },
    });
  });

  it("for the first administrator does nothing once there is one", async () => {
    const first = await bed.auth.links.create({ by: "first start" });
    const second = await bed.auth.links.create({ by: "first start" });
    const answers = await Promise.all(
      [first, second].map(({ token }) => bed.browser().post("/auth/link", { token })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    expect(await bed.auth.users.administrators()).toEqual(["admin"]);
  });

  it("lets a password be set without the one until now, but not for long", async () => {
    const id = await bed.user("ada", "viewer");
    const [soon, late] = [bed.browser(), bed.browser()];
    await late.post("/auth/link", { token: (await bed.auth.links.create({ user: id, by: "test" })).token });
    await bed.clock.advance(15 * MINUTE);
    expect((await late.post("/auth/password", { password: NEW })).status).toBe(400);
    await soon.post("/auth/link", { token: (await bed.auth.links.create({ user: id, by: "test" })).token });
    expect((await soon.post("/auth/password", { password: NEW })).status).toBe(200);
  });

  it("does not let somebody in who was disabled since", async () => {
    const id = await bed.user("ada", "viewer");
    const { token } = await bed.auth.links.create({ user: id, by: "test" });
    await bed.auth.users.change(id, { disabled: true });
    expect((await bed.browser().post("/auth/link", { token })).status).toBe(401);
  });
});

describe("failed sign-ins", () => {
  const wrong = "wrong wrong wrong";

  it("stop after five of a name from an address, with the time to wait, also with the right password", async () => {
    await bed.user("ada", "viewer");
    const browser = bed.browser("198.51.100.1");
    for (let count = 0; count < 5; count += 1) expect((await browser.signIn("ada", wrong)).status).toBe(401);
    expect(await browser.signIn("ADA")).toMatchObject({
      status: 429,
      body: { code: "MLR_SIGN_IN_LIMIT", details: { retryAfterSeconds: 900 } },
    });
    expect((await bed.browser("198.51.100.2").signIn("ada")).status).toBe(200);
    await bed.clock.advance(15 * MINUTE);
    expect((await browser.signIn("ada")).status).toBe(200);
  });

  it("count for names that do not exist as for those that do", async () => {
    await bed.user("ada", "viewer");
    const answers = [];
    for (const name of ["ada", "nobody"]) {
      const browser = bed.browser("198.51.100.3");
      for (let count = 0; count < 5; count += 1) await browser.signIn(name, wrong);
      answers.push((await browser.signIn(name, wrong)).text);
    }
    expect(answers[0]).toContain("MLR_SIGN_IN_LIMIT");
    expect(answers[0]).toBe(answers[1]);
  });

  it("stop after twenty from an address, whatever the names, and of a network of IPv6 as one", async () => {
    await bed.user("ada", "viewer");
    for (let count = 0; count < 20; count += 1) {
      const answer = await bed.browser(`2001:db8:1:2::${count + 1}`).signIn(`name${count}`, wrong);
      expect(answer.status).toBe(401);
    }
    expect((await bed.browser("2001:db8:1:2:ffff::1").signIn("ada")).status).toBe(429);
    expect((await bed.browser("2001:db8:1:3::1").signIn("ada")).status).toBe(200);
  });

  it("are no more than the limit, however many come at once", async () => {
    await bed.user("ada", "viewer");
    const browser = bed.browser("198.51.100.4");
    const answers = await Promise.all(Array.from({ length: 30 }, () => browser.signIn("ada", wrong)));
    expect(answers.filter(({ status }) => status === 401).length).toBe(5);
    expect(answers.filter(({ status }) => status === 429).length).toBe(25);
  });

  it("are forgotten when one succeeds", async () => {
    await bed.user("ada", "viewer");
    const browser = bed.browser("198.51.100.5");
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 4; count += 1) await browser.signIn("ada", wrong);
      expect((await browser.signIn("ada")).status).toBe(200);
    }
  });
});

describe("a request that another site makes a browser send", () => {
  it.each([
    ["without the header of our page", { "x-millrace-request": undefined }],
    ["from another origin", { origin: "https://evil.example" }],
    ["from another port of this host", { origin: "http://localhost:9999" }],
    ["from a sandboxed frame", { origin: "null" }],
    ["that the browser calls cross-site", { "sec-fetch-site": "cross-site" }],
    ["that the browser calls same-site", { "sec-fetch-site": "same-site" }],
  ])("%s changes nothing", async (_, headers) => {
    const ada = await bed.signedIn("ada", "admin");
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const without = Object.keys(headers).filter((name) => !(name in given));
    const ask = { headers: given as Record<string, string>, without };
    expect(await ada.post("/users", { name: "evil", role: "admin" }, ask)).toMatchObject({
      status: 403,
      body: { code: "MLR_ACCESS_DENIED" },
    });
    expect((await ada.post("/auth/sign-in", { name: "ada", password: PASSWORD }, ask)).status).toBe(403);
    expect(await bed.auth.users.administrators()).toEqual(["ada"]);
  });

  it("as a form does is refused before anything is done", async () => {
    const ada = await bed.signedIn("ada", "admin");
    const answer = await bed.bed.server.inject({
      method: "POST",
      url: "/api/v1/users",
      headers: {
        host: "localhost:8080",
        "content-type": "text/plain",
        cookie: [...ada.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      },
      payload: '{"name":"evil","role":"admin","x":"="}',
    });
    expect(answer.statusCode).toBe(403);
    expect(await bed.auth.users.administrators()).toEqual(["ada"]);
  });

  it("needs no such header where it brings a token, which no browser adds by itself", async () => {
    const headers = await bed.token(await bed.user("ada", "admin"), "admin");
    const answer = await bed.program("/users", {
      method: "POST",
      headers,
      body: { name: "bob", role: "viewer" },
    });
    expect(answer.status).toBe(200);
  });
});

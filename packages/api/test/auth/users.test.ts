import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AuthBed, openAuthBed } from "./auth-bed.ts";

let bed: AuthBed;
beforeAll(async () => {
  bed = await openAuthBed();
});
afterAll(() => bed.close());
beforeEach(() => bed.clear());

const DAY = 86_400_000;

interface Listed {
  readonly items: readonly Record<string, unknown>[];
  readonly next?: string;
}

describe("users", () => {
  it("are added with a password, or sign in by a link first", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const added = await admin.post("/users", {
      name: "ada",
      role: "operator",
      password: "four words nobody joins",
    });
    expect(added.body).toMatchObject({ name: "ada", role: "operator", password: "set", createdBy: "admin" });
    expect((await bed.browser().signIn("ada")).status).toBe(200);
    const { body: bob } = await admin.post("/users", { name: "bob", role: "viewer" });
    const link = await admin.post(`/users/${String(bob["id"])}/link`, { validMinutes: 60 });
    expect(link.body).toMatchObject({ path: `/sign-in#${String(link.body["token"])}` });
    expect((await bed.browser().post("/auth/link", { token: link.body["token"] })).body).toMatchObject({
      name: "bob",
    });
  });

  it.each(["", " ada", "a b", "a/b", "-ada", "ada\u0000", "x".repeat(65)])(
    "are not named %j",
    async (name) => {
      const admin = await bed.signedIn("admin", "admin");
      expect((await admin.post("/users", { name, role: "viewer" })).status).toBe(400);
    },
  );

  it("have names of their own, in whatever case", async () => {
    const admin = await bed.signedIn("admin", "admin");
    await admin.post("/users", { name: "Žofia", role: "viewer" });
    expect(await admin.post("/users", { name: "žOFIA", role: "viewer" })).toMatchObject({
      status: 409,
      body: { code: "MLR_USER_EXISTS" },
    });
  });

  it("are listed by name, page by page", async () => {
    const admin = await bed.signedIn("admin", "admin");
    for (const name of ["Carl", "bob", "dora"]) await bed.user(name, "viewer");
    const first = await admin.ask<Listed>("/users?limit=3");
    expect(first.body.items.map(({ name }) => name)).toEqual(["admin", "bob", "Carl"]);
    const second = await admin.ask<Listed>(`/users?limit=3&after=${first.body.next}`);
    expect(second.body.items.map(({ name }) => name)).toEqual(["dora"]);
    expect(second.body.next).toBeUndefined();
    expect((await admin.ask("/users?after=!!")).status).toBe(400);
  });

  it("always have an administrator among them", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const { body: me } = await admin.ask("/auth/me");
    const url = `/users/${String(me["id"])}`;
    for (const ask of [
      { method: "PATCH", body: { role: "operator" } },
      { method: "PATCH", body: { disabled: true } },
      { method: "DELETE" },
    ] as const) {
      expect(await admin.ask(url, ask)).toMatchObject({ status: 409, body: { code: "MLR_USER_LAST_ADMIN" } });
    }
    await bed.user("second", "admin");
    expect((await admin.ask(url, { method: "PATCH", body: { role: "operator" } })).status).toBe(200);
  });

  it("keep an administrator, also where two step down at the same moment", async () => {
    const ids = [await bed.user("one", "admin"), await bed.user("two", "admin")];
    const outcomes = await Promise.allSettled(ids.map((id) => bed.auth.users.remove(id)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await bed.auth.users.administrators()).toHaveLength(1);
  });

  it("that do not exist are told so", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const none = "/users/0198c2a4-0000-7000-8000-000000000000";
    expect(await admin.ask(none)).toMatchObject({ status: 404, body: { code: "MLR_USER_NOT_FOUND" } });
    expect((await admin.ask(none, { method: "DELETE" })).status).toBe(404);
    expect((await admin.ask("/users/none")).status).toBe(400);
  });
});

describe("API tokens", () => {
  it("are shown once, kept hashed, and say when they were used last", async () => {
    const ada = await bed.signedIn("ada", "operator");
    const made = await ada.post("/tokens", { name: "ci", role: "operator" });
    const secret = String(made.body["secret"]);
    expect(secret).toMatch(/^mlr_[\w-]{43}$/);
    const { rows } = await bed.bed.control.pool.query<{ all: string }>(
      `SELECT (SELECT string_agg(t::text, '') FROM millrace_control.api_tokens AS t)
         || (SELECT string_agg(a::text, '') FROM millrace_control.audit AS a) AS all`,
    );
    expect(rows[0]?.all).not.toContain(secret);
    const me = await bed.program("/auth/me", {
      headers: { authorization: `Bearer ${secret}` },
      address: "203.0.113.9",
    });
    expect(me.body).toMatchObject({ kind: "token", name: "token ci", role: "operator", session: null });
    const { body } = await ada.ask<Listed>("/tokens");
    expect(body.items).toMatchObject([
      {
        name: "ci",
        user: "ada",
        hint: secret.slice(0, 10),
        lastUsedAt: new Date(bed.clock.now()).toISOString(),
        lastUsedAddress: "203.0.113.9",
        expiresAt: new Date(bed.clock.now() + 90 * DAY).toISOString(),
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it("end when they expire, are revoked, or their user goes", async () => {
    const ada = await bed.signedIn("ada", "viewer");
    const make = async (body: object): Promise<{ id: string; headers: { authorization: string } }> => {
      const made = await ada.post<{ secret: string; token: { id: string } }>("/tokens", {
        name: "x",
        ...body,
      });
      return { id: made.body.token.id, headers: { authorization: `Bearer ${made.body.secret}` } };
    };
    const status = async ({ headers }: { headers: Record<string, string> }): Promise<number> =>
      (await bed.program("/auth/me", { headers })).status;
    const [short, revoked, lasting] = [
      await make({ expiresInDays: 1 }),
      await make({}),
      await make({ expiresInDays: null }),
    ];
    expect(await status(short)).toBe(200);
    await ada.ask(`/tokens/${revoked.id}`, { method: "DELETE" });
    expect(await status(revoked)).toBe(401);
    await bed.clock.advance(DAY);
    expect(await status(short)).toBe(401);
    expect(await status(lasting)).toBe(200);
    await bed.auth.users.change((await bed.auth.users.named("ada")).id, { disabled: true });
    expect(await status(lasting)).toBe(401);
  });

  it("can do no more than their user, now and later", async () => {
    const ada = await bed.signedIn("ada", "operator");
    expect((await ada.post("/tokens", { name: "x", role: "admin" })).status).toBe(403);
    const id = (await bed.auth.users.named("ada")).id;
    const headers = await bed.token(id, "operator");
    expect((await bed.program("/auth/me", { headers })).body["role"]).toBe("operator");
    await bed.auth.users.change(id, { role: "viewer" });
    expect((await bed.program("/auth/me", { headers })).body["role"]).toBe("viewer");
  });

  it("are one's own, but an administrator sees and revokes all", async () => {
    const [ada, bob, admin] = [
      await bed.signedIn("ada", "viewer"),
      await bed.signedIn("bob", "viewer"),
      await bed.signedIn("admin", "admin"),
    ];
    const made = await ada.post<{ token: { id: string } }>("/tokens", { name: "mine" });
    expect((await bob.ask<Listed>("/tokens")).body.items).toEqual([]);
    expect((await bob.ask("/tokens?all=true")).status).toBe(403);
    expect((await bob.ask(`/tokens/${made.body.token.id}`, { method: "DELETE" })).status).toBe(404);
    expect((await admin.ask<Listed>("/tokens?all=true")).body.items).toHaveLength(1);
    const revoked = await admin.ask(`/tokens/${made.body.token.id}`, { method: "DELETE" });
    expect(revoked.body["revokedAt"]).not.toBeNull();
  });

  it("make no further tokens, and no passwords or sessions", async () => {
    const headers = await bed.token(await bed.user("ada", "admin"), "admin");
    for (const url of ["/tokens", "/auth/password", "/auth/sign-out"]) {
      const body = url === "/tokens" ? { name: "x" } : { password: "four words nobody joins" };
      expect((await bed.program(url, { method: "POST", headers, body })).status).toBe(403);
    }
  });

  it("of groups and pipelines read what belongs to them, and nothing else", async () => {
    await bed.bed.register({ orders: { group: "sales" }, visits: { group: "web" }, alone: {} });
    const id = await bed.user("ada", "admin");
    const headers = await bed.token(id, "viewer", { groups: ["sales"], pipelines: ["alone"] });
    const status = async (url: string): Promise<number> => (await bed.program(url, { headers })).status;
    for (const name of ["orders", "alone"]) {
      expect(await status(`/pipelines/${name}`)).toBe(200);
      expect(await status(`/pipelines/${name}/runs`)).toBe(200);
      expect(await status(`/runs?pipeline=${name}`)).toBe(200);
    }
    for (const url of [
      "/pipelines",
      "/pipelines/visits",
      "/pipelines/VISITS",
      "/runs",
      "/runs?pipeline=visits",
      "/runs?pipeline=orders,visits",
      "/runs?pipeline=orders&pipeline=visits",
      "/logs",
      "/audit",
      "/tokens",
      "/overview",
    ]) {
      expect([url, await status(url)]).toEqual([url, 403]);
    }
    const start = await bed.program("/pipelines/orders/start", { method: "POST", headers, body: {} });
    expect(start.status).toBe(403);
  });

  it("of groups and pipelines only look", async () => {
    const ada = await bed.signedIn("ada", "admin");
    const answer = await ada.post("/tokens", { name: "x", role: "operator", groups: ["sales"] });
    expect(answer).toMatchObject({ status: 400, body: { code: "MLR_ARGUMENT_INVALID" } });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AuthBed, type Browser, openAuthBed, PASSWORD } from "./auth-bed.ts";

let bed: AuthBed;
beforeAll(async () => {
  bed = await openAuthBed();
  await bed.bed.register({ orders: {} });
});
afterAll(() => bed.close());
beforeEach(() => bed.clear());

interface Line {
  readonly action: string;
  readonly outcome: string;
  readonly [field: string]: unknown;
}

async function lines(browser: Browser, query = ""): Promise<readonly Line[]> {
  return (await browser.ask<{ items: Line[] }>(`/audit?${query}`)).body.items;
}

describe("the audit log", () => {
  it("has who did what to what, from where, and what came of it", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const operator = await bed.signedIn("ada", "operator");
    await operator.post("/pipelines/orders/pause", {}, { address: "203.0.113.7" });
    await operator.post("/pipelines/nothing/pause", {});
    const [second, first] = await lines(admin, "action=pipeline.pause");
    expect(first).toMatchObject({
      actor: { kind: "user", name: "ada", role: "operator" },
      target: "orders",
      outcome: "done",
      status: 200,
      code: null,
      address: "203.0.113.7",
    });
    expect(second).toMatchObject({
      target: "nothing",
      outcome: "refused",
      status: 404,
      code: "MLR_PIPELINE_NOT_FOUND",
    });
  });

  it("has what was refused for a role, and which token asked", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const headers = await bed.token(await bed.user("ada", "viewer"), "viewer");
    await bed.program("/pipelines/orders/pause", { method: "POST", headers, body: {} });
    expect(await lines(admin, "action=pipeline.pause")).toMatchObject([
      {
        actor: { kind: "token", name: "token test" },
        outcome: "refused",
        status: 403,
        code: "MLR_ACCESS_DENIED",
      },
    ]);
  });

  it("has sign-ins, with the name where there is such a user, and never what else was typed", async () => {
    const admin = await bed.signedIn("admin", "admin");
    await bed.browser().signIn("admin", "wrong wrong wrong");
    await bed.browser().signIn(PASSWORD, "wrong wrong wrong");
    const found = await lines(admin, "action=auth.sign-in");
    expect(found).toMatchObject([
      { actor: { kind: "anonymous" }, target: null, outcome: "refused", code: "MLR_SIGN_IN_FAILED" },
      { actor: { kind: "anonymous" }, target: "admin", outcome: "refused", code: "MLR_SIGN_IN_FAILED" },
      { actor: { kind: "user", name: "admin" }, target: "admin", outcome: "done" },
    ]);
    expect(JSON.stringify(found)).not.toContain(PASSWORD);
  });

  it("cannot be filled by those whom nobody knows", async () => {
    const admin = await bed.signedIn("admin", "admin");
    for (let count = 0; count < 40; count += 1) {
      await bed.browser("198.51.100.1").signIn(`name${count}`, "wrong wrong wrong");
      await bed.browser("198.51.100.2").post("/pipelines/orders/pause", {});
    }
    expect(await lines(admin)).toHaveLength(21);
  });

  it("has a line before anything is done, and nothing is done where it cannot be written", async () => {
    const admin = await bed.signedIn("admin", "admin");
    const { pool } = bed.bed.control;
    await pool.query("ALTER TABLE millrace_control.audit RENAME TO hidden");
    try {
      expect((await admin.post("/users", { name: "eve", role: "viewer" })).status).toBeGreaterThanOrEqual(
        500,
      );
    } finally {
      await pool.query("ALTER TABLE millrace_control.hidden RENAME TO audit");
    }
    await expect(bed.auth.users.named("eve")).rejects.toMatchObject({ code: "MLR_USER_NOT_FOUND" });
  });

  it("is read newest first, page by page, and by who, what, when and outcome", async () => {
    const admin = await bed.signedIn("admin", "admin");
    for (const name of ["a", "b", "c"]) {
      await bed.clock.advance(60_000);
      await admin.post("/users", { name, role: "viewer" });
    }
    const all = await lines(admin);
    expect(all.map(({ action, target }) => [action, target])).toEqual([
      ["user.add", "c"],
      ["user.add", "b"],
      ["user.add", "a"],
      ["auth.sign-in", "admin"],
    ]);
    const first = (await admin.ask<{ items: Line[]; next: string }>("/audit?limit=2")).body;
    const second = (await admin.ask<{ items: Line[]; next?: string }>(`/audit?limit=2&after=${first.next}`))
      .body;
    expect([...first.items, ...second.items]).toEqual(all);
    expect(second.next).toBeUndefined();
    expect(await lines(admin, "action=user.")).toHaveLength(3);
    expect(await lines(admin, "action=user.a")).toHaveLength(0);
    expect(await lines(admin, "target=b")).toHaveLength(1);
    expect(await lines(admin, "actor=ADMIN")).toHaveLength(4);
    expect(await lines(admin, "outcome=refused")).toHaveLength(0);
    const to = encodeURIComponent(String(all[1]?.["at"]));
    expect(await lines(admin, `to=${to}`)).toHaveLength(2);
    expect(await lines(admin, `from=${to}`)).toHaveLength(2);
  });

  it("finds the lines of one action among many by an index", async () => {
    const { pool } = bed.bed.control;
    await pool.query(
      `INSERT INTO millrace_control.audit (at, actor_kind, actor_name, action, target, outcome)
       SELECT now(), 'user', 'u' || n % 50, 'pipeline.' || n % 20, 'p' || n % 500, 'done' FROM generate_series(1, 20000) AS n`,
    );
    await pool.query("ANALYZE millrace_control.audit");
    for (const condition of ["action = 'pipeline.3'", "lower(actor_name) = 'u3'", "target = 'p3'"]) {
      const { rows } = await pool.query<{ "QUERY PLAN": string }>(
        `EXPLAIN SELECT id FROM millrace_control.audit WHERE ${condition} ORDER BY id DESC LIMIT 100`,
      );
      expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
      expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).not.toContain("Seq Scan");
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AuthBed, openAuthBed, PASSWORD } from "./auth-bed.ts";

let bed: AuthBed;
beforeAll(async () => {
  bed = await openAuthBed();
});
afterAll(() => bed.close());
beforeEach(() => bed.clear());

describe("signing in with a password", () => {
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
    const id = await bed.user("ada", "admin");
    const off = await bed.user("bob", "viewer");
    await bed.auth.users.add({ name: "carl", role: "viewer", by: "test" });
    await bed.auth.users.change(off, { disabled: true });
    const answers = [];
    for (const name of ["ada", "bob", "carl", "dora"]) {
      answers.push(await bed.browser().signIn(name, name === "bob" ? PASSWORD : "wrong wrong wrong"));
    }
    for (const { status, text } of answers) {
      expect(status).toBe(401);
      expect(text).toBe(answers[0]?.text);
    }
    expect(answers[0]?.body).toMatchObject({
      code: "MLR_SIGN_IN_FAILED",
      message: "Name or password is wrong",
    });
    expect(id).toBeTruthy();
  });
});

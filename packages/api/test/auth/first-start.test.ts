import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuthBed, openAuthBed } from "./auth-bed.ts";

let bed: AuthBed;
beforeAll(async () => {
  bed = await openAuthBed();
});
afterAll(() => bed.close());

describe("until there is an administrator", () => {
  it("only this machine gets in, by its own name", async () => {
    const { token } = await bed.auth.links.create({ by: "first start" });
    const sent = { token };
    for (const [address, headers] of [
      ["203.0.113.1", {}],
      ["127.0.0.1", { "x-forwarded-for": "203.0.113.1" }],
      ["127.0.0.1", { forwarded: "for=203.0.113.1" }],
      ["127.0.0.1", { host: "192.0.2.1:8080", origin: "http://192.0.2.1:8080" }],
    ] as const) {
      const answer = await bed.browser(address).post("/auth/link", sent, { headers });
      expect(answer).toMatchObject({ status: 403, body: { code: "MLR_ACCESS_DENIED" } });
    }
    expect((await bed.browser("203.0.113.1").ask("/health")).status).toBe(200);
    expect((await bed.browser("::ffff:127.0.0.1").ask("/auth/me")).body).toMatchObject({
      code: "MLR_SIGN_IN_REQUIRED",
      details: { administrator: false },
    });
    expect((await bed.browser().post("/auth/link", sent)).status).toBe(200);
    expect((await bed.browser("203.0.113.1").ask("/auth/me")).status).toBe(401);
  });
});

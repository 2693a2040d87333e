import { MillraceError } from "@millrace/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { ApiRoutes } from "../src/server/api-routes.ts";
import { createServer } from "../src/server/create-server.ts";
import { type Bed, openBed } from "./bed.ts";

const Thing = z.object({ id: z.string() });

/** Routes that show what the server does with any. */
const routes: ApiRoutes = (server) => {
  const base = { tags: ["test"], summary: "Shows something." };
  server.get(
    "/things/:id",
    {
      config: { role: "viewer" },
      schema: {
        ...base,
        operationId: "getThing",
        params: z.object({ id: z.string().max(20) }),
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(10).default(5) }),
        response: { 200: Thing },
      },
    },
    async ({ params: { id } }) => {
      if (id === "secret") throw new Error("password is hunter2");
      if (id === "away")
        throw Object.assign(new Error("connect ECONNREFUSED 10.0.0.1"), { code: "ECONNREFUSED" });
      if (id === "none") throw new MillraceError("MLR_RUN_NOT_FOUND", "No run", { hint: "Look elsewhere." });
      return id === "more" ? { id, hidden: "field" } : { id };
    },
  );
  server.post(
    "/things",
    {
      config: { role: "operator" },
      schema: { ...base, operationId: "makeThing", body: Thing, response: { 200: Thing } },
    },
    async ({ body, identity }) => ({ id: `${body.id} by ${identity?.name}` }),
  );
};

describe("the server", () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await openBed({ routes: [routes] });
  });
  afterAll(() => bed.close());

  it("answers who may ask, and nobody else", async () => {
    expect(await bed.as("viewer").get("/things/1")).toMatchObject({ status: 200, body: { id: "1" } });
    const nobody = await bed.as("nobody").get("/things/1");
    expect(nobody).toMatchObject({ status: 401, body: { code: "MLR_SIGN_IN_REQUIRED" } });
    const viewer = await bed.as("viewer").post("/things", { id: "x" });
    expect(viewer).toMatchObject({
      status: 403,
      body: { code: "MLR_ACCESS_DENIED", details: { needed: "operator" } },
    });
    const operator = await bed.as("operator").post("/things", { id: "x" });
    expect(operator).toMatchObject({ status: 200, body: { id: "x by test operator" } });
  });

  it("tells which field of a request is wrong", async () => {
    const query = await bed.as("viewer").get("/things/1?limit=99");
    expect(query).toMatchObject({
      status: 400,
      body: { code: "MLR_ARGUMENT_INVALID", details: { in: "query", field: "limit" } },
    });
    const body = await bed.as("operator").post("/things", { id: 5 });
    expect(body).toMatchObject({ status: 400, body: { details: { in: "body", field: "id" } } });
    const nul = await bed.as("operator").post("/things", { id: "a\0b" });
    expect(nul).toMatchObject({ status: 400, body: { details: { in: "body", field: "id" } } });
  });

  it("keeps the words of exceptions to its log", async () => {
    const answer = await bed.as("viewer").get<{ details: { id: string } }>("/things/secret");
    expect(answer).toMatchObject({ status: 500, body: { code: "MLR_INTERNAL" } });
    expect(answer.text).not.toContain("hunter2");
    const entry = bed.logged.find(({ fields }) => "id" in fields && fields.id === answer.body.details.id);
    expect(entry?.fields).toMatchObject({ error: { message: "password is hunter2" } });
    const away = await bed.as("viewer").get("/things/away");
    expect(away).toMatchObject({ status: 503, body: { code: "MLR_CONTROL_UNAVAILABLE" } });
    expect(away.text).not.toContain("10.0.0.1");
  });

  it("tells errors with their hint", async () => {
    expect((await bed.as("viewer").get("/things/none")).body).toEqual({
      code: "MLR_RUN_NOT_FOUND",
      message: "No run",
      details: {},
      hint: "Look elsewhere.",
    });
  });

  it("refuses what is no JSON, too large, or not there", async () => {
    const send = (payload: string) =>
      bed.server.inject({
        method: "POST",
        url: "/api/v1/things",
        headers: { "x-test-role": "admin", "content-type": "application/json" },
        payload,
      });
    expect((await send("{")).json()).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
    const large = await send(JSON.stringify({ id: "x".repeat(1_100_000) }));
    expect(large.statusCode).toBe(413);
    expect(large.json()).toMatchObject({ code: "MLR_REQUEST_TOO_LARGE" });
    expect(await bed.as("admin").get("/nothing")).toMatchObject({
      status: 404,
      body: { code: "MLR_ROUTE_NOT_FOUND" },
    });
  });

  it("finds answers in tests that have more than their schema", async () => {
    expect((await bed.as("viewer").get("/things/more")).status).toBe(500);
  });

  it("does not start with a route that does not say who may use it", async () => {
    const open: ApiRoutes = (server) => {
      server.get("/open", async () => "anybody");
    };
    const { context } = bed;
    const logger = { error: () => undefined, warn: () => undefined };
    const guard = { identify: async () => undefined };
    await expect(createServer({ context, guard, routes: [open], logger })).rejects.toThrow(/config\.role/);
  });
});

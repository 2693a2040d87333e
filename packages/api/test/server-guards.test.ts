import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { manualClock } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { ApiRoutes, ApiServer } from "../src/server/api-routes.ts";
import { createServer, type CreateServerOptions } from "../src/server/create-server.ts";
import { listen } from "../src/server/listen.ts";
import { openApi } from "../src/server/open-api.ts";
import { type Bed, openBed } from "./bed.ts";

const routes: ApiRoutes = (server) => {
  const base = { tags: ["test"], summary: "Shows something." };
  const Text = z.object({ text: z.string() });
  server.get(
    "/long",
    { config: { role: "viewer" }, schema: { ...base, operationId: "getLong", response: { 200: Text } } },
    async () => ({ text: "over and over ".repeat(1_000) }),
  );
  server.post(
    "/change",
    { config: { role: "viewer" }, schema: { ...base, operationId: "change", response: { 200: Text } } },
    async () => ({ text: "changed" }),
  );
};

describe("what the server guards", () => {
  let bed: Bed;
  let folder: string;
  const servers: ApiServer[] = [];
  const make = async (options: Partial<CreateServerOptions> = {}): Promise<ApiServer> => {
    const server = await createServer({
      context: bed.context,
      guard: {
        identify: async ({ headers }) =>
          headers["x-who"] === undefined
            ? undefined
            : { kind: "user", id: String(headers["x-who"]), name: "somebody", role: "viewer" },
      },
      routes: [routes],
      logger: { error: () => undefined, warn: () => undefined },
      ...options,
    });
    servers.push(server);
    return server;
  };
  const get = (server: ApiServer, url: string, headers: Readonly<Record<string, string>> = {}) =>
    server.inject({ method: "GET", url, headers: { "x-who": "1", ...headers } });

  beforeAll(async () => {
    bed = await openBed({ routes: [] });
    folder = await mkdtemp(join(tmpdir(), "millrace-dashboard-"));
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), "<!doctype html><title>Millrace</title>");
    await writeFile(join(folder, "assets", "index-1a2b3c.js"), "export {};".repeat(500));
    await writeFile(join(folder, "favicon.svg"), "<svg/>");
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await bed.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("sends headers that keep other code out of its pages", async () => {
    const { headers } = await get(await make(), "/api/v1/health");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
    expect(headers).not.toHaveProperty("strict-transport-security");
    const secure = await make({ publicUrl: new URL("https://millrace.example.org") });
    expect((await get(secure, "/api/v1/health")).headers).toHaveProperty("strict-transport-security");
  });

  it("answers under its own names and addresses alone", async () => {
    const server = await make({ publicUrl: new URL("https://millrace.example.org") });
    const status = async (host: string) => (await get(server, "/api/v1/health", { host })).statusCode;
    for (const host of ["localhost:8080", "127.0.0.1", "[::1]:8080", "10.1.2.3:80", "millrace.example.org"])
      expect([host, await status(host)]).toEqual([host, 200]);
    for (const host of ["evil.example", "localhost.evil.example", "a b", "x@localhost"])
      expect([host, await status(host)]).toEqual([host, 403]);
  });

  it("takes no change from a page of another site", async () => {
    const server = await make({ publicUrl: new URL("https://millrace.example.org") });
    const change = async (origin: string | undefined) =>
      (
        await server.inject({
          method: "POST",
          url: "/api/v1/change",
          headers: { "x-who": "1", host: "localhost:8080", ...(origin === undefined ? {} : { origin }) },
        })
      ).statusCode;
    expect(await change(undefined)).toBe(200);
    expect(await change("http://localhost:8080")).toBe(200);
    expect(await change("https://millrace.example.org")).toBe(200);
    for (const origin of ["https://evil.example", "null", "http://localhost:9999"])
      expect([origin, await change(origin)]).toEqual([origin, 403]);
  });

  it("compresses long answers, and tells when nothing has changed", async () => {
    const server = await make();
    const br = await get(server, "/api/v1/long", { "accept-encoding": "br, gzip" });
    expect(br.headers["content-encoding"]).toBe("br");
    expect(JSON.parse(brotliDecompressSync(br.rawPayload).toString())).toHaveProperty("text");
    const gzip = await get(server, "/api/v1/long", { "accept-encoding": "gzip" });
    expect(JSON.parse(gunzipSync(gzip.rawPayload).toString())).toHaveProperty("text");
    const etag = String(br.headers.etag);
    expect(etag).toMatch(/^W\/"/);
    const again = await get(server, "/api/v1/long", { "if-none-match": `"other", ${etag}` });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, "", etag]);
    expect((await get(server, "/api/v1/long", { "if-none-match": '"other"' })).statusCode).toBe(200);
  });

  it("limits the requests of each who is signed in, and of each address that is not", async () => {
    const clock = manualClock(0);
    const server = await make({
      context: { ...bed.context, clock },
      rates: { identity: 3, address: 2 },
    });
    const status = async (who: string, remoteAddress = "10.0.0.1") => {
      const headers = who === "" ? {} : { "x-who": who };
      const answer = await server.inject({ method: "POST", url: "/api/v1/change", headers, remoteAddress });
      return [answer.statusCode, answer.headers["retry-after"]];
    };
    for (let count = 0; count < 3; count++) expect(await status("1")).toEqual([200, undefined]);
    expect(await status("1")).toEqual([429, "60"]);
    expect(await status("2")).toEqual([200, undefined]);
    for (let count = 0; count < 2; count++) expect((await status(""))[0]).toBe(401);
    expect((await status(""))[0]).toBe(429);
    expect((await status("", "10.0.0.2"))[0]).toBe(401);
    await clock.advance(60_000);
    expect((await status("1"))[0]).toBe(200);
  });

  it("serves the dashboard: its page for every path of it, hashed files for ever", async () => {
    const server = await make({ dashboard: folder });
    for (const path of ["/", "/pipelines/quakes", "/runs/1?tab=logs"]) {
      const page = await get(server, path);
      expect([path, page.statusCode, page.headers["cache-control"]]).toEqual([path, 200, "no-cache"]);
      expect(page.body).toContain("<title>Millrace</title>");
    }
    const script = await get(server, "/assets/index-1a2b3c.js", { "accept-encoding": "br" });
    expect(script.headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-encoding": "br",
    });
    expect((await get(server, "/favicon.svg")).headers["cache-control"]).toBe("no-cache");
    for (const path of ["/assets/missing.js", "/api/nothing", "/../package.json", "/%2e%2e/package.json"]) {
      const missing = await get(server, path);
      expect([path, missing.statusCode]).toEqual([path, 404]);
      expect(missing.json()).toMatchObject({ code: "MLR_ROUTE_NOT_FOUND" });
    }
    expect((await server.inject({ method: "POST", url: "/pipelines" })).statusCode).toBe(404);
  });

  it("says that the dashboard is not built where it is not", async () => {
    const empty = await make({ dashboard: join(folder, "not-built") });
    expect((await get(empty, "/")).statusCode).toBe(503);
    const page = await get(await make(), "/");
    expect([page.statusCode, page.headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"]);
    expect(page.body).toContain("npm run build");
  });

  it("tells its health and its document to anybody", async () => {
    const server = await make();
    const health = await server.inject({ method: "GET", url: "/api/v1/health" });
    expect([health.statusCode, health.json()]).toEqual([200, { status: "ok", database: true }]);
    const document = (await server.inject({ method: "GET", url: "/api/v1/openapi.json" })).json();
    expect(document).toMatchObject({
      openapi: "3.1.0",
      paths: { "/api/v1/long": { get: { "x-role": "viewer" } } },
    });
  });

  it("finds a free port, and says which one is taken where it was asked for", async () => {
    const taken = createSocketServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    await expect(listen(await make(), { port })).rejects.toMatchObject({
      code: "MLR_SETTINGS_INVALID",
      message: expect.stringContaining(`port ${port} of 127.0.0.1`) as string,
    });
    await new Promise((resolve) => taken.close(resolve));
    const { url } = await listen(await make(), { port });
    expect(url).toBe(`http://localhost:${port}`);
    expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);
  });

  it("opens as a whole, signs the first administrator in by a link, and closes", async () => {
    const { control, operations, tables, installation } = bed.context;
    const logger = { error: () => undefined, warn: () => undefined };
    const api = await openApi({
      control,
      operations,
      tables,
      installation,
      logger,
      port: 0,
      dashboard: folder,
    });
    const [page, token] = String(api.firstSignIn).split("#");
    expect(page).toBe(`${api.url}/sign-in`);
    const signIn = await fetch(`${api.url}/api/v1/auth/link`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: api.url, "x-millrace-request": "1" },
      body: JSON.stringify({ token }),
    });
    expect([signIn.status, await signIn.json()]).toMatchObject([200, { role: "admin" }]);
    const cookie = signIn.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    const runs = await fetch(`${api.url}/api/v1/runs`, { headers: { cookie } });
    expect(runs.status).toBe(200);
    await api.close();
    await api.close();
    await expect(fetch(`${api.url}/api/v1/health`)).rejects.toThrow("fetch failed");
  });
});

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { executeRun, pipeline, type RunEvent, secret, type Source } from "@millrace/core";
import { readContext } from "@millrace/core/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clickhouse } from "../src/clickhouse/index.ts";
import { csv } from "../src/csv/index.ts";
import { apiKey, basic, bearer, http } from "../src/http/index.ts";
import { mariadb } from "../src/mariadb/index.ts";
import { postgres } from "../src/postgres/index.ts";
import { rows } from "../src/rows/index.ts";
import { singer } from "../src/singer/index.ts";
import { soap, usernameToken } from "../src/soap/index.ts";
import { TdsServer } from "../src/sqlserver/test/tds/tds-server.ts";
import { sqlserver } from "../src/sqlserver/index.ts";
import { temporaryFolder } from "./files/collect.ts";
import { freshDatabase, type FreshDatabase } from "./fresh-database.ts";

/** Name → value; a new one each time, as what is known once stays known to the process. */
const values: Record<string, string> = {};
function known(value: string, name = `s${randomUUID().slice(0, 8)}`): ReturnType<typeof secret> {
  values[name] = value;
  return secret(name);
}
const lent = {
  secret: async (name: string): Promise<string> => {
    const value = values[name];
    if (value === undefined) throw new Error(`no secret ${name}`);
    return value;
  },
};
const environment = { ...lent, directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };

let server: Server;
let address: string;
let requests: IncomingMessage[] = [];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => response.end("[]"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => (requests = []));
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await folder[Symbol.asyncDispose]();
});

/** Reads a source to its end, or to its failure, which is of no interest where the request is. */
async function read(source: Source): Promise<void> {
  try {
    for await (const message of source.read(readContext({ ...lent, directory: folder.path }))) void message;
  } catch {
    // The server answers what no protocol expects.
  }
}

describe("a secret by its name", () => {
  it.each([
    ["bearer", () => bearer(known("tok-1")), { authorization: "Bearer tok-1" }],
    ["apiKey", () => apiKey({ name: "x-key", value: known("key-1") }), { "x-key": "key-1" }],
    [
      "basic",
      () => basic({ username: known("me-1"), password: known("pw-1") }),
      { authorization: `Basic ${Buffer.from("me-1:pw-1").toString("base64")}` },
    ],
  ])("authenticates requests of http() by %s", async (_kind, auth, headers) => {
    await read(http({ url: `${address}/rows`, auth: auth() }));
    expect(requests[0]?.headers).toMatchObject(headers);
  });

  it("stands in headers of http() and of files", async () => {
    await read(http({ url: `${address}/rows`, headers: { "x-token": known("head-1") } }));
    await read(csv({ path: `${address}/a.csv`, headers: { authorization: known("head-2") } }));
    expect(requests.map(({ headers }) => headers["x-token"] ?? headers.authorization)).toEqual([
      "head-1",
      "head-2",
    ]);
  });

  it("signs requests for objects of S3", async () => {
    const s3 = { endpoint: address, accessKeyId: known("AKIDSECRET"), secretAccessKey: known("s3-secret-1") };
    await read(csv({ path: "s3://bucket/a.csv", s3 }));
    expect(requests[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDSECRET\//);
  });

  it("logs soap() in", async () => {
    const security = [usernameToken({ username: "me", password: known("soap-1") })];
    await read(
      soap({ wsdl: `${address}/s?wsdl`, auth: { kind: "bearer", token: known("soap-2") }, security }),
    );
    expect(requests[0]?.headers.authorization).toBe("Bearer soap-2");
  });

  it("reaches a Singer tap in its configuration and its environment, and no argument", async () => {
    const report = path.join(folder.path, "tap.json");
    const tap = fileURLToPath(new URL("./singer/tap.ts", import.meta.url));
    const config = { report, nested: { token: known("tap-secret-1") } };
    await read(
      singer({ command: process.execPath, args: [tap], config, env: { TAP_KEY: known("tap-secret-2") } }),
    );
    const told = JSON.parse(readFileSync(report, "utf8")) as {
      args: string[];
      config: unknown;
      env: Record<string, string>;
    };
    expect(told.config).toMatchObject({ nested: { token: "tap-secret-1" } });
    expect(told.env["TAP_KEY"]).toBe("tap-secret-2");
    expect(told.args.join(" ")).not.toContain("tap-secret");
  });

  it("is the password of clickhouse(), given apart or in the URL", async () => {
    const url = new URL(address);
    url.username = "me";
    url.password = "ch-2";
    for (const database of [
      clickhouse({ url: address, user: "me", password: known("ch-1") }),
      clickhouse({ url: known(url.href) }),
    ])
      await database.connect(environment).catch(() => undefined);
    const logins = requests.map(({ headers }) => headers.authorization);
    for (const login of ["me:ch-1", "me:ch-2"])
      expect(logins).toContain(`Basic ${Buffer.from(login).toString("base64")}`);
  });

  it("is the password of sqlserver(), given apart or in the URL", async () => {
    const tds = await TdsServer.start();
    try {
      const place = { server: "127.0.0.1", port: tds.port, encrypt: false };
      const url = `mssql://sa:tds-2@127.0.0.1:${tds.port}/test?encrypt=false`;
      for (const options of [{ ...place, user: "sa", password: known("tds-1") }, { url: known(url) }]) {
        const database = await sqlserver(options).connect(environment);
        await database.close();
      }
      expect(new Set(tds.logins.map(({ password }) => password))).toEqual(new Set(["tds-1", "tds-2"]));
    } finally {
      await tds.close();
    }
  });

  it("is the URL or password of mariadb(), which is asked for when it connects and told by no error", async () => {
    const url = known("mariadb://me:maria-1@127.0.0.1:1/shop");
    const failing = mariadb({ url }).connect(environment);
    await expect(failing).rejects.toMatchObject({ code: expect.stringMatching(/^MLR_DATABASE/) });
    await expect(failing).rejects.toThrow(expect.not.stringContaining("maria-1"));
    const missing = mariadb({ url: "mariadb://me@127.0.0.1:1/shop", password: secret("nobody") });
    await expect(missing.connect(environment)).rejects.toThrow("no secret nobody");
  });

  it("is checked like a text that is written there, when its value is known", async () => {
    const wrong = postgres({ url: known("mysql://me:wrong-kind-1@h/d") }).connect(environment);
    await expect(wrong).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      message: 'postgres(): option "url": must begin with postgresql://',
    });
  });
});

describe("postgres()", () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  it("connects with a secret URL, or a secret password beside the URL", async () => {
    for (const options of [
      { url: known(database.url) },
      { url: database.url, password: known("p@ss/w%rd") },
    ]) {
      const opened = await postgres(options).connect(environment);
      expect(await opened.query("SELECT current_database() AS name")).toEqual([{ name: database.name }]);
      await opened.close();
    }
  });

  it("fails without a word of its secret, in the report, the events and the causes", async () => {
    // The server repeats the database's name, and user and password are what drivers like to print.
    const url = new URL(database.url);
    url.password = "pg-Passw0rd!";
    url.pathname = "/pg-Passw0rd!";
    const events: RunEvent[] = [];
    const report = await executeRun({
      pipeline: pipeline("secretive", {
        source: rows([{ id: 1 }]),
        destination: postgres({ url: known(url.href) }).table("t", { key: ["id"] }),
        retry: { attempts: 2, delayMs: 0 },
      }),
      environment,
      run: randomUUID(),
      attempts: { next: () => Promise.resolve(1n) },
      observe: (event) => events.push(event),
    });
    expect(report.status).toBe("failed");
    expect(report.error?.message).toContain('"***"');
    const finished = events.find((event) => event.type === "finished");
    const told = [report, events.map(({ type: _type, ...event }) => inspectAll(event)), inspectAll(finished)];
    expect(
      JSON.stringify(told, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ).not.toMatch(/Passw0rd/);
  });
});

/** Everything that an error holds, with its stack and causes. */
function inspectAll(value: unknown): unknown {
  if (value instanceof Error)
    return [value.message, value.stack, Object.entries(value), inspectAll(value.cause)];
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([name, each]) => [name, inspectAll(each)]);
}

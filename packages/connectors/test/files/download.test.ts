import { readdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { csv } from "@millrace/connectors/csv";
import { addressName } from "../../src/shared/files/address-name.ts";
import { collect, openEpoch, resumeFrom, type Collected } from "./collect.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let handle: Handler;
let requests: IncomingMessage[];
let base: string;

beforeEach(async () => {
  requests = [];
  handle = (_, response) => response.writeHead(500).end();
  server = await listening((request, response) => {
    requests.push(request);
    handle(request, response);
  });
  base = addressOf(server);
});
afterEach(() => closed(server));

function listening(handler: Handler): Promise<Server> {
  const made = createServer(handler);
  return new Promise((resolve) => made.listen(0, "127.0.0.1", () => resolve(made)));
}

function addressOf(of: Server): string {
  return `http://127.0.0.1:${(of.address() as AddressInfo).port}`;
}

function closed(which: Server): Promise<void> {
  which.closeAllConnections();
  return new Promise((resolve) => which.close(() => resolve()));
}

function serve(content: string | Uint8Array, headers: Record<string, string> = {}): Handler {
  return (request, response) => {
    const same = headers["etag"] !== undefined && request.headers["if-none-match"] === headers["etag"];
    if (same) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(content);
  };
}

function types(result: Collected): string[] {
  return result.messages.map((message) => message.type).filter((type) => type !== "progress");
}

async function temporaries(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("millrace-download-"));
}

test("an address is fetched once, read, and leaves nothing behind", async () => {
  const before = await temporaries();
  handle = serve("id\n1\n2\n", { "content-type": "text/csv" });
  const { rows, places } = await collect(csv({ path: `${base}/data.csv` }));
  expect(rows).toEqual([{ id: "1" }, { id: "2" }]);
  expect(places).toEqual([`${base}/data.csv:2`, `${base}/data.csv:3`]);
  expect(requests).toHaveLength(1);
  expect(requests[0]?.headers).not.toHaveProperty("if-none-match");
  expect(await temporaries()).toEqual(before);
});

test("gzip is unpacked and the encoding of the answer is used", async () => {
  handle = serve(gzipSync(iconv.encode("ville\nOrléans\n", "windows-1252")), {
    "content-type": "text/csv; charset=iso-8859-1",
  });
  const { rows, logs } = await collect(csv({ path: `${base}/x` }));
  expect(rows).toEqual([{ ville: "Orléans" }]);
  expect(logs).toEqual([]);
});

test("UTF-8 is not read as what a server says by default", async () => {
  handle = serve("ville\nOrléans\n", { "content-type": "text/csv; charset=iso-8859-1" });
  expect((await collect(csv({ path: `${base}/x` }))).rows).toEqual([{ ville: "Orléans" }]);
});

describe("a second reading", () => {
  test("asks by ETag, and reports the rows as unchanged on 304", async () => {
    handle = serve("id\n1\n2\n", { etag: '"v1"' });
    const source = csv({ path: [`${base}/a.csv`, `${base}/b.csv`] });
    const first = await collect(source);
    const again = await collect(source, resumeFrom(first.states.at(-1)));
    expect(again.messages).toEqual([{ type: "unchanged", stream: "csv", rows: 4 }]);
    expect(requests.map((request) => request.headers["if-none-match"])).toEqual([
      undefined,
      undefined,
      '"v1"',
      '"v1"',
    ]);
  });

  test("asks by date where there is no ETag", async () => {
    const date = "Sat, 21 Nov 2026 10:00:00 GMT";
    handle = (request, response) => {
      const same = request.headers["if-modified-since"] === date;
      response.writeHead(same ? 304 : 200, { "last-modified": date }).end(same ? undefined : "id\n1\n");
    };
    const source = csv({ path: `${base}/a.csv` });
    const first = await collect(source);
    expect(types(await collect(source, resumeFrom(first.states.at(-1))))).toEqual(["unchanged"]);
  });

  test("compares the content where the server knows neither", async () => {
    handle = serve("id\n1\n");
    const source = csv({ path: `${base}/a.csv` });
    const first = await collect(source);
    expect(types(await collect(source, resumeFrom(first.states.at(-1))))).toEqual(["unchanged"]);
    handle = serve("id\n2\n");
    expect((await collect(source, resumeFrom(first.states.at(-1)))).rows).toEqual([{ id: "2" }]);
  });

  test("fetches an unchanged file in full where another one changed", async () => {
    handle = (request, response) =>
      serve(request.url === "/a" ? "id\n1\n" : `id\n${requests.length}\n`, {
        etag: request.url === "/a" ? '"a"' : `"${requests.length}"`,
      })(request, response);
    const source = csv({ path: [`${base}/a`, `${base}/b`] });
    const first = await collect(source);
    const again = await collect(source, resumeFrom(first.states.at(-1)));
    expect(again.rows).toEqual([{ id: "1" }, { id: "4" }]);
  });

  test("goes on inside of a file that is still the same", async () => {
    const content = `id\n${Array.from({ length: 120_000 }, (_, id) => id).join("\n")}`;
    handle = serve(content);
    const source = csv({ path: `${base}/a.csv` });
    const cut = await collect(source, {}, (message) => message.type === "checkpoint");
    const rest = await collect(source, { ...resumeFrom(cut.states.at(-1)), openEpochs: openEpoch("csv") });
    expect(cut.rows.length + rest.rows.length).toBe(120_000);
    handle = serve(content.replace("id", "no"));
    const other = await collect(source, { ...resumeFrom(cut.states.at(-1)), openEpochs: openEpoch("csv") });
    expect(types(other)[0]).toBe("begin");
  });
});

describe("an answer that is no file", () => {
  test.each<[number, string, string]>([
    [404, "MLR_SOURCE_NOT_FOUND", "never"],
    [403, "MLR_SOURCE_FAILED", "never"],
    [429, "MLR_SOURCE_FAILED", "later"],
    [503, "MLR_SOURCE_FAILED", "later"],
  ])("fails with status %i as %s, to be tried again %s", async (status, code, retry) => {
    handle = (_, response) => response.writeHead(status).end("no");
    await expect(collect(csv({ path: `${base}/a.csv` }))).rejects.toMatchObject({ code, retry });
  });

  test("is nothing where it does not exist and that is fine", async () => {
    handle = (request, response) => {
      if (request.url === "/b") serve("id\n1\n", { etag: '"b"' })(request, response);
      else response.writeHead(404).end();
    };
    const source = csv({ path: [`${base}/a`, `${base}/b`], optional: true });
    const first = await collect(source);
    expect(first.rows).toEqual([{ id: "1" }]);
    expect(types(await collect(source, resumeFrom(first.states.at(-1))))).toEqual(["unchanged"]);
  });

  test("fails where it breaks off, is too large, or does not come", async () => {
    handle = (_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("id\n1\n");
      setImmediate(() => response.destroy());
    };
    await expect(collect(csv({ path: `${base}/a` }))).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
    });
    handle = serve("id\n1\n");
    await expect(collect(csv({ path: `${base}/a`, maxBytes: 4 }))).rejects.toMatchObject({
      message: `${base}/a is larger than 4 bytes`,
      retry: "never",
    });
    handle = () => undefined;
    await expect(collect(csv({ path: `${base}/a`, timeoutMs: 50 }))).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
    });
    await expect(collect(csv({ path: "http://127.0.0.1:1/a" }))).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
    });
  });

  test("ends with the run", async () => {
    handle = () => controller.abort(new Error("stopped"));
    const controller = new AbortController();
    const { messages } = await collect(csv({ path: `${base}/a` }), { signal: controller.signal });
    expect(messages.map((message) => message.type)).toEqual(["begin"]);
  });
});

describe("redirects", () => {
  test("are followed five times", async () => {
    const hops = (last: number): Handler => {
      return (request, response) => {
        const hop = Number(request.url?.slice(1));
        if (hop === last) response.writeHead(200).end("id\n1\n");
        else response.writeHead(302, { location: `/${hop + 1}` }).end();
      };
    };
    handle = hops(5);
    expect((await collect(csv({ path: `${base}/0` }))).rows).toEqual([{ id: "1" }]);
    handle = hops(6);
    await expect(collect(csv({ path: `${base}/0` }))).rejects.toMatchObject({
      message: `${base}/0 could not be fetched: redirected more than 5 times`,
    });
  });

  test("do not take headers and passwords to another host", async () => {
    const seen: (string | undefined)[] = [];
    const other = await listening((request, response) => {
      seen.push(request.headers["x-token"] as string | undefined, request.headers.authorization);
      response.end("id\n1\n");
    });
    handle = (request, response) => {
      seen.push(request.headers["x-token"] as string | undefined, request.headers.authorization);
      response.writeHead(302, { location: addressOf(other) }).end();
    };
    const url = base.replace("http://", "http://ann:s%20ecret@");
    await collect(csv({ path: url, headers: { "X-Token": "t" } }));
    expect(seen).toEqual([
      "t",
      `Basic ${Buffer.from("ann:s ecret").toString("base64")}`,
      undefined,
      undefined,
    ]);
    await closed(other);
  });
});

test("names of addresses show neither passwords nor queries, and differ with the query", () => {
  const name = addressName(new URL("https://ann:secret@example.org/a.csv?token=abc#x"));
  expect(name).toMatch(/^https:\/\/example\.org\/a\.csv\?[0-9a-f]{8}$/);
  expect(name).not.toBe(addressName(new URL("https://example.org/a.csv?token=abd")));
});

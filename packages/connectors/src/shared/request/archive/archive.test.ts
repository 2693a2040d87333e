import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { apiServer, type ApiServer } from "../../../../test/http/api-server.ts";
import { createClient, recordTo, replayFrom, responseCache, session } from "../../../request/index.ts";

let folder: string;
let server: ApiServer;
let count = 0;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-archive-"));
  count = 0;
  server = await apiServer({
    "/page": () => ({
      body: gzipSync(`page ${++count} 香港`),
      headers: {
        "content-encoding": "gzip",
        "content-type": "text/html; charset=utf-8",
        "set-cookie": ["a=1", "b=2"],
      },
    }),
    "/moved": () => ({ status: 301, body: "", headers: { location: "/page" } }),
    "/search": ({ body }) => ({ json: { asked: body } }),
    "/missing": () => ({ status: 404, body: "no" }),
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function recorded(...targets: [path: string, options?: object][]): Promise<void> {
  const record = recordTo({ folder });
  const client = createClient({ record });
  for (const [target, options] of targets)
    await client.request(server.url + target, { ...options, expect: "any", retry: false });
  await client.close();
  await record.close();
}

async function replayed(target: string, options: object = {}, which?: "in-order"): Promise<string> {
  const replay = await replayFrom({ folder, ...(which === undefined ? {} : { which }) });
  const client = createClient({ replay });
  const answer = await client.request(server.url + target, { ...options, expect: "any" });
  return `${answer.status} ${answer.origin} ${answer.body}`;
}

it("answers from what was fetched, without the network, with redirects, statuses and bodies", async () => {
  await recorded(["/moved"], ["/search", { json: { q: 1 } }], ["/search", { json: { q: 2 } }], ["/missing"]);
  const asked = server.received.length;
  expect(await replayed("/moved")).toBe("200 replay page 1 香港");
  expect(await replayed("/search", { json: { q: 2 } })).toBe('200 replay {"asked":"{\\"q\\":2}"}');
  expect(await replayed("/search", { json: { q: 1 } })).toBe('200 replay {"asked":"{\\"q\\":1}"}');
  expect(await replayed("/missing")).toBe("404 replay no");
  await expect(replayed("/page?never")).rejects.toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
  await expect(replayed("/search", { json: { q: 3 } })).rejects.toMatchObject({
    code: "MLR_SOURCE_NOT_FOUND",
  });
  expect(server.received).toHaveLength(asked);
});

it("keeps what the cache answers too, once, so that the archive is all that was seen", async () => {
  server.routes["/cached"] = ({ headers }) =>
    headers["if-none-match"] === undefined
      ? { body: "kept", headers: { etag: '"a"' } }
      : { status: 304, body: "" };
  const cache = responseCache();
  for (const sub of ["one", "two"]) {
    const record = recordTo({ folder: path.join(folder, sub) });
    const client = createClient({ record, cache });
    const origins: string[] = [];
    for (let count = 0; count < 3; count++)
      origins.push((await client.request(`${server.url}/cached`)).origin);
    expect(origins).toEqual([sub === "one" ? "network" : "revalidated", "revalidated", "revalidated"]);
    await client.close();
    await record.close();
    const replay = await replayFrom({ folder: path.join(folder, sub) });
    expect([...replay.requests()].map(({ fetches }) => fetches)).toEqual([3]);
    const again = createClient({ replay, cache });
    const answer = await again.request(`${server.url}/cached`);
    expect([answer.body, answer.origin]).toEqual(["kept", "replay"]);
    const [name = ""] = (await readdir(path.join(folder, sub))).filter((file) => file.endsWith(".gz"));
    const text = gunzipSync(await readFile(path.join(folder, sub, name))).toString("latin1");
    expect(text.match(/^WARC-Type: response/gm)).toHaveLength(1);
  }
  cache.close();
});

it("gives the latest of several, or one after another", async () => {
  await recorded(["/page"], ["/page"]);
  await recorded(["/page"]);
  expect(await replayed("/page")).toBe("200 replay page 3 香港");
  const client = createClient({ replay: await replayFrom({ folder, which: "in-order" }) });
  const bodies: string[] = [];
  for (let index = 0; index < 4; index++) bodies.push((await client.request(`${server.url}/page`)).body);
  expect(bodies.map((body) => body.slice(5, 6))).toEqual(["1", "2", "3", "3"]);
});

it("sets the cookies of a replayed answer, so that sessions go on as they did", async () => {
  await recorded(["/page"]);
  const visit = session();
  const client = createClient({ replay: await replayFrom({ folder }) });
  await client.request(`${server.url}/page`, { session: visit });
  expect(visit.save().cookies.map(({ name }) => name)).toEqual(["a", "b"]);
});

it("keeps no credentials, and writes WARC 1.1 that gunzip reads", async () => {
  const visit = session();
  const headers = { authorization: "Bearer top-secret", "x-other": "1" };
  await recorded(["/page", { session: visit }], ["/search", { session: visit, headers, json: { a: 1 } }]);
  const name = (await readdir(folder)).find((file) => file.endsWith(".warc.gz")) ?? "";
  const text = gunzipSync(await readFile(path.join(folder, name))).toString("latin1");
  expect(text).not.toMatch(/top-secret|a=1; b=2/);
  expect(text.match(/^WARC\/1\.1\r$/gm)).toHaveLength(5);
  expect(text).toMatch(/POST \/search HTTP\/1\.1\r\nhost: .*[^]*x-other: 1\r\n[^]*\r\n\r\n\{"a":1\}\r\n\r\n/);
});

it("finds what the index lacks after a crash, and passes over a record that was cut off", async () => {
  await recorded(["/page"], ["/search", { json: 1 }], ["/missing"]);
  const index = path.join(folder, "index.jsonl");
  const [first] = (await readFile(index, "utf8")).split("\n");
  await writeFile(index, `${first}\n{"key":"cut o`);
  const name = (await readdir(folder)).find((file) => file.endsWith(".warc.gz")) ?? "";
  await appendFile(path.join(folder, name), gzipSync("WARC/1.1\r\n").subarray(0, 15));
  const replay = await replayFrom({ folder });
  expect(
    [...replay.requests()].map(({ method, url }) => `${method} ${url.slice(server.url.length)}`),
  ).toEqual(["GET /page", "POST /search", "GET /missing"]);
  expect(await replay.verify()).toBe(3);
  await rm(index);
  expect((await replayFrom({ folder })).size).toBe(3);
});

it("tells that a record was changed", async () => {
  await recorded(["/search"]);
  const name = (await readdir(folder)).find((file) => file.endsWith(".warc.gz")) ?? "";
  const file = path.join(folder, name);
  const line = (await readFile(path.join(folder, "index.jsonl"), "utf8")).split("\n")[0] ?? "";
  const entry = JSON.parse(line) as { offset: number; length: number };
  const bytes = await readFile(file);
  const record = gunzipSync(bytes.subarray(entry.offset, entry.offset + entry.length));
  const changed = gzipSync(Buffer.from(record.toString("latin1").replace("asked", "ASKED"), "latin1"));
  await writeFile(file, Buffer.concat([bytes.subarray(0, entry.offset), changed]));
  await writeFile(
    path.join(folder, "index.jsonl"),
    JSON.stringify({ ...entry, length: changed.length }) + "\n",
  );
  const verified = replayFrom({ folder }).then((replay) => replay.verify());
  await expect(verified).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
});

it("begins another file where one is full", async () => {
  const record = recordTo({ folder, maxFileBytes: 1_000 });
  const client = createClient({ record });
  for (let index = 0; index < 6; index++) await client.request(`${server.url}/page?n=${index}`);
  await client.close();
  await record.close();
  expect((await readdir(folder)).filter((name) => name.endsWith(".warc.gz")).length).toBeGreaterThan(2);
  expect(await (await replayFrom({ folder })).verify()).toBe(6);
  await expect(replayFrom({ folder: path.join(folder, "none") })).rejects.toMatchObject({
    code: "MLR_SOURCE_NOT_FOUND",
  });
});

import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { apiServer, type ApiServer } from "../../../../test/http/api-server.ts";
import { hurriedClock } from "../../../../test/http/read.ts";
import {
  createClient,
  type Downloaded,
  type DownloadOptions,
  type RequestClient,
} from "../../../request/index.ts";

const CONTENT = randomBytes(600_000);
const SHA256 = `sha256:${createHash("sha256").update(CONTENT).digest("hex")}`;

let folder: string;
let file: string;
let server: ApiServer;
let client: RequestClient;
/** How the server behaves. */
let play: {
  content: Buffer;
  etag: string | undefined;
  breakAfter: number[];
  ranges: boolean;
  length: boolean;
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-download-"));
  file = path.join(folder, "deep", "data.bin");
  play = { content: CONTENT, etag: '"v1"', breakAfter: [], ranges: true, length: true };
  server = await apiServer({ "/f": ({ headers }) => ({ raw: (response) => serve(response, headers) }) });
  client = createClient({}, { clock: hurriedClock() });
});
afterEach(async () => {
  await client.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function serve(response: ServerResponse, headers: Record<string, unknown>): void {
  const { content, etag, breakAfter, ranges, length } = play;
  const asked = /^bytes=(\d+)-$/.exec(String(headers["range"] ?? ""))?.[1];
  const partial = ranges && asked !== undefined && headers["if-range"] === etag;
  const from = partial ? Number(asked) : 0;
  if (partial && from >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  const body = content.subarray(from);
  response.writeHead(partial ? 206 : 200, {
    ...(etag === undefined ? {} : { etag }),
    ...(length ? { "content-length": body.length } : {}),
    ...(partial ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
  });
  const stop = breakAfter.shift();
  if (stop === undefined) response.end(body);
  else response.write(body.subarray(0, stop), () => setImmediate(() => response.socket?.destroy()));
}

const get = (options: DownloadOptions = {}): Promise<Downloaded> =>
  client.download(`${server.url}/f`, file, options);
const ranges = (): unknown[] => server.received.map(({ headers }) => headers["range"]);

it("writes the file, whole and under its name alone, and tells its checksum", async () => {
  expect(await get()).toEqual({
    file,
    bytes: CONTENT.length,
    checksum: SHA256,
    url: `${server.url}/f`,
    resumedFrom: 0,
    attempts: 1,
  });
  expect(await readFile(file)).toEqual(CONTENT);
  expect(await readdir(path.dirname(file))).toEqual(["data.bin"]);
});

it("goes on where a connection broke", async () => {
  play.breakAfter = [200_000, 100_000];
  const { attempts, resumedFrom, checksum } = await get({ checksum: SHA256 });
  expect(checksum).toBe(SHA256);
  expect(attempts).toBe(3);
  expect(resumedFrom).toBeGreaterThan(0);
  expect(ranges()[0]).toBeUndefined();
  expect(ranges()[1]).toMatch(/^bytes=\d+-$/);
  expect(await readFile(file)).toEqual(CONTENT);
});

it("goes on with what a process before has left", async () => {
  play.breakAfter = [300_000];
  await expect(get({ retry: false })).rejects.toMatchObject({ code: "MLR_SOURCE_FAILED", retry: "later" });
  const left = (await stat(`${file}.part`)).size;
  expect(left).toBeGreaterThan(0);
  await expect(stat(file)).rejects.toThrow(/ENOENT/);
  expect(await get()).toMatchObject({ resumedFrom: left, attempts: 1, checksum: SHA256 });
});

it("is done when all was there already", async () => {
  play.breakAfter = [300_000];
  await expect(get({ retry: false })).rejects.toMatchObject({ retry: "later" });
  await writeFile(`${file}.part`, CONTENT);
  expect(await get()).toMatchObject({ resumedFrom: CONTENT.length, bytes: CONTENT.length, checksum: SHA256 });
});

it.each<[string, Partial<typeof play>]>([
  ["was changed in between", { etag: '"v2"', content: randomBytes(400_000) }],
  ["cannot be asked for in parts", { ranges: false }],
  ["is shorter than what is there", { etag: '"v1"', content: Buffer.from("short") }],
])("begins anew where the file %s", async (_, change) => {
  play.breakAfter = [300_000];
  await expect(get({ retry: false })).rejects.toMatchObject({ retry: "later" });
  Object.assign(play, change);
  expect((await get()).bytes).toBe(play.content.length);
  expect(await readFile(file)).toEqual(play.content);
});

it("does not go on where nothing tells that it is the same file", async () => {
  play.etag = undefined;
  play.breakAfter = [300_000];
  expect(await get()).toMatchObject({ attempts: 2, resumedFrom: 0, checksum: SHA256 });
  expect(ranges()).toEqual([undefined, undefined]);
});

it("leaves no file with a wrong checksum, and keeps the one that was there", async () => {
  await get();
  await expect(get({ checksum: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({
    code: "MLR_SOURCE_CHANGED",
  });
  expect(await readFile(file)).toEqual(CONTENT);
  expect(await readdir(path.dirname(file))).toEqual(["data.bin"]);
  await expect(get({ checksum: "crc:1" })).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
});

it("gives up where it gets nowhere, and on what is final", async () => {
  play.breakAfter = Array<number>(20).fill(0);
  await expect(get({ retry: { attempts: 4 } })).rejects.toMatchObject({ retry: "later" });
  expect(server.received).toHaveLength(4);
  server.routes["/f"] = () => ({ status: 404, body: "" });
  await expect(get()).rejects.toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
  await expect(
    client.download(`${server.url}/f`, file, { maxBytes: 10, signal: AbortSignal.abort() }),
  ).rejects.toThrow(/aborted/);
});

it("has a limit of size", async () => {
  await expect(get({ maxBytes: 1_000 })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
});

it("reads files of a form while they are sent", async () => {
  await get();
  server.routes["/upload"] = () => ({ body: "ok" });
  const answer = await client.request(`${server.url}/upload`, {
    multipart: {
      note: "héllo",
      n: [1, 2],
      data: { file, type: "application/x-data" },
      small: { content: "abc", name: "a.txt" },
    },
  });
  expect(answer.status).toBe(200);
  const { body, headers, method } = server.received.at(-1)!;
  expect(method).toBe("POST");
  expect(headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  expect(Number(headers["content-length"])).toBeGreaterThan(CONTENT.length);
  expect(body).toMatch(/name="note"\r\n\r\nhéllo\r\n/);
  expect(body).toMatch(/name="data"; filename="data.bin"\r\nContent-Type: application\/x-data/);
  expect(body).toMatch(/name="small"; filename="a.txt"[^]*abc/);
  await expect(
    client.request(`${server.url}/upload`, { multipart: { f: { file: `${file}.none` } } }),
  ).rejects.toMatchObject({
    code: "MLR_SOURCE_NOT_FOUND",
  });
});

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startS3Server, type S3Server } from "../../packages/connectors/test/files/s3-server.ts";
import { withExample } from "./bed.ts";

const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "the/secret+key",
  region: "eu-central-1",
};

let server: S3Server;
let objects: Map<string, Buffer>;
beforeEach(async () => {
  const day = (at: string, ...values: readonly string[]): Buffer =>
    gzipSync(
      values.map((value, i) => `{"sensor":"s${i}","at":"${at}T06:00:00Z","value":${value}}\n`).join(""),
    );
  objects = new Map([
    ["2025/12-31.jsonl.gz", day("2025-12-31", "1")],
    ["2026/01-01.jsonl.gz", day("2026-01-01", "4.25", "12345678901234567890.5")],
    ["2026/01-02.jsonl.gz", day("2026-01-02", "5")],
  ]);
  server = await startS3Server({ credentials, bucket: "measurements", objects });
});
afterEach(() => server.close());

test("the example reads the objects of a bucket, exactly, and the second time only what changed", () =>
  withExample("s3", async ({ folder, client, millrace }) => {
    const { accessKeyId, secretAccessKey, region } = credentials;
    await writeFile(
      path.join(folder, ".env"),
      `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\nAWS_REGION=${region}\nAWS_ENDPOINT_URL_S3=${server.endpoint}\n`,
      { mode: 0o600 },
    );
    expect(await millrace("run")).toMatchObject([{ tables: { sensors: { read: 3 } } }]);
    const { rows } = await client.query(
      "SELECT sensor, value::text FROM sensors WHERE at < '2026-01-02' ORDER BY sensor",
    );
    expect(rows).toEqual([
      { sensor: "s0", value: "4.25" },
      { sensor: "s1", value: "12345678901234567890.5" },
    ]);
    expect(server.requests.filter((each) => each.startsWith("GET /measurements/2")).toSorted()).toEqual([
      "GET /measurements/2026/01-01.jsonl.gz",
      "GET /measurements/2026/01-02.jsonl.gz",
    ]);
    expect(await millrace("run")).toMatchObject([{ tables: { sensors: { inserted: 0, unchanged: 3 } } }]);
    expect((await client.query("SELECT 1 FROM sensors")).rows).toHaveLength(3);
  }));

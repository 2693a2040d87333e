import { gzipSync } from "node:zlib";
import { csv } from "@millrace/connectors/csv";
import { jsonl } from "@millrace/connectors/jsonl";
import type { ReadContext } from "@millrace/core";
import { afterEach, describe, expect, test } from "vitest";
import { collect, resumeFrom } from "./collect.ts";
import { signatureOf, startS3Server, type S3Credentials, type S3Server } from "./s3-server.ts";

const credentials: S3Credentials = {
  accessKeyId: "AKIDTEST",
  secretAccessKey: "se/cret+key",
  region: "eu-central-1",
};
const settings = {
  AWS_ACCESS_KEY_ID: "AKIDTEST",
  AWS_SECRET_ACCESS_KEY: "se/cret+key",
  AWS_REGION: "eu-central-1",
};

let server: S3Server | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  objects: Record<string, string | Buffer>,
  who: S3Credentials | null = credentials,
  pageKeys = 1_000,
): Promise<{ context: Partial<ReadContext>; server: S3Server; objects: Map<string, string | Buffer> }> {
  const held = new Map(Object.entries(objects));
  server = await startS3Server({ credentials: who ?? undefined, bucket: "data", objects: held, pageKeys });
  const named: Record<string, string> = { ...settings, AWS_ENDPOINT_URL_S3: server.endpoint };
  return { context: { setting: (name) => named[name] }, server, objects: held };
}

test("the signatures that the test server asks for are those that Amazon publishes", () => {
  // "Example: GET Object" of the Amazon S3 API reference, "Signature Calculations for the Authorization Header".
  const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const signature = signatureOf(
    {
      method: "GET",
      target: "/test.txt",
      headers: {
        host: "examplebucket.s3.amazonaws.com",
        range: "bytes=0-9",
        "x-amz-content-sha256": nothing,
        "x-amz-date": "20130524T000000Z",
      },
      signedHeaders: ["host", "range", "x-amz-content-sha256", "x-amz-date"],
      payloadHash: nothing,
      date: "20130524T000000Z",
    },
    {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      region: "us-east-1",
    },
  );
  expect(signature).toBe("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
});

test("an object is a file, with the settings of the AWS tools", async () => {
  const { context } = await start({ "2026/a b+ü(1)*.csv.gz": gzipSync("id\n1\n") });
  const { rows, places } = await collect(csv({ path: "s3://data/2026/a b+ü(1)[*].csv.gz" }), context);
  expect(rows).toEqual([{ id: "1" }]);
  expect(places).toEqual(["s3://data/2026/a b+ü(1)*.csv.gz:2"]);
});

test("credentials may be options, with a session token", async () => {
  const who = { ...credentials, sessionToken: "tok/en==" };
  const { server: running } = await start({ "x.jsonl": '{"a":1}\n' }, who);
  const s3 = { endpoint: running.endpoint, ...who };
  expect((await collect(jsonl({ path: "s3://data/x.jsonl", s3 }))).rows).toEqual([{ a: 1 }]);
});

test("a public bucket is asked without credentials", async () => {
  const { server: running } = await start({ "x.jsonl": '{"a":1}\n' }, null);
  const source = jsonl({ path: "s3://data/x.jsonl", s3: { endpoint: running.endpoint } });
  expect((await collect(source)).rows).toEqual([{ a: 1 }]);
});

test("patterns are looked up page by page, below what they begin with", async () => {
  const objects = Object.fromEntries(
    Array.from({ length: 25 }, (_, i) => [`day/${String(i).padStart(2, "0")}/r.jsonl`, `{"a":${i}}\n`]),
  );
  const { context, server: running } = await start(
    { ...objects, "other/1/r.jsonl": "{}", "day/x.txt": "" },
    credentials,
    7,
  );
  const { rows } = await collect(jsonl({ path: "s3://data/day/*/r.jsonl" }), context);
  expect(rows.map(({ a }) => a)).toEqual(Array.from({ length: 25 }, (_, i) => i));
  const lists = running.requests.filter((request) => request.includes("list-type"));
  expect(lists).toHaveLength(4);
  expect(lists.every((request) => request.includes("prefix=day%2F"))).toBe(true);
});

test("objects that did not change are not read again", async () => {
  const { context, objects } = await start({ "a.csv": "id\n1\n", "b.csv": "id\n2\n" });
  const source = csv({ path: "s3://data/*.csv" });
  const wants = "news";
  const first = await collect(source, { ...context, wants });
  const resumed = { ...context, ...resumeFrom(first.states.at(-1)), wants } as const;
  const again = await collect(source, resumed);
  expect(again.messages).toContainEqual({ type: "unchanged", stream: "csv", rows: 2 });
  objects.set("b.csv", "id\n3\n");
  expect((await collect(source, resumed)).rows).toEqual([{ id: "3" }]);
});

test("new keys do not make unchanged objects come again, and state holds no secret", async () => {
  const { server: running } = await start({ "a.csv": "id\n1\n" });
  const s3 = { endpoint: running.endpoint, ...credentials };
  const first = await collect(csv({ path: "s3://data/a.csv", s3 }));
  expect(JSON.stringify(first.states)).not.toContain(credentials.secretAccessKey);
  const other = { endpoint: running.endpoint, ...credentials, pathStyle: true };
  const again = await collect(csv({ path: "s3://data/a.csv", s3: other }), resumeFrom(first.states.at(-1)));
  expect(again.messages).toContainEqual({ type: "unchanged", stream: "csv", rows: 1 });
});

describe("what can go wrong", () => {
  test.each([
    [
      "a wrong secret",
      { AWS_SECRET_ACCESS_KEY: "wrong" },
      "s3://data/a.csv",
      "MLR_SOURCE_DENIED",
      "SignatureDoesNotMatch",
    ],
    [
      "a wrong key",
      { AWS_ACCESS_KEY_ID: "AKIDOTHER" },
      "s3://data/a.csv",
      "MLR_SOURCE_DENIED",
      "InvalidAccessKeyId",
    ],
    [
      "a wrong region",
      { AWS_REGION: "us-west-2" },
      "s3://data/a.csv",
      "MLR_SOURCE_DENIED",
      "AuthorizationHeaderMalformed",
    ],
    ["a bucket that is not there", {}, "s3://other/a.csv", "MLR_SOURCE_NOT_FOUND", "NoSuchBucket"],
    ["an object that is not there", {}, "s3://data/b.csv", "MLR_SOURCE_NOT_FOUND", "NoSuchKey"],
    [
      "a list that is not allowed",
      { AWS_SECRET_ACCESS_KEY: "wrong" },
      "s3://data/*.csv",
      "MLR_SOURCE_DENIED",
      "SignatureDoesNotMatch",
    ],
    ["a pattern that matches nothing", {}, "s3://data/x*.csv", "MLR_SOURCE_NOT_FOUND", "no object matches"],
    ["a place without a key", {}, "s3://data/", "MLR_ARGUMENT_INVALID", "names no object"],
    [
      "half of the credentials",
      { AWS_SECRET_ACCESS_KEY: "" },
      "s3://data/a.csv",
      "MLR_ARGUMENT_INVALID",
      "secretAccessKey",
    ],
  ])("%s", async (_name, change, given, code, text) => {
    const { context } = await start({ "a.csv": "id\n1\n" });
    const named: Readonly<Record<string, string>> = change;
    const setting = (name: string): string | undefined => named[name] ?? context.setting?.(name);
    const error = await collect(csv({ path: given }), { setting }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) as string });
    expect(JSON.stringify(error)).not.toContain("se/cret");
  });

  test("an endpoint that does not answer may be asked again later", async () => {
    const s3 = { endpoint: "http://127.0.0.1:9", ...credentials };
    await expect(collect(csv({ path: "s3://data/*.csv", s3 }))).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
    });
  });
});

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BatchSchema, IngestService } from "../src/rpc/ingest.gen.ts";
import { openService, type TestService } from "./service.ts";

let folder: string;
let service: TestService;
let token: string;
let tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tls-"));
  const own = (name: string): string => join(folder, name);
  const openssl = (...given: string[]): void => void execFileSync("openssl", given, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    own("ca.key"),
    "-out",
    own("ca.crt"),
    "-subj",
    "/CN=ca",
    "-days",
    "2",
  );
  for (const name of ["server", "client"]) {
    const alt = name === "server" ? ["-addext", "subjectAltName=IP:127.0.0.1"] : [];
    openssl(
      "req",
      ...newKey,
      "-keyout",
      own(`${name}.key`),
      "-out",
      own(`${name}.csr`),
      "-subj",
      `/CN=${name}`,
      ...alt,
    );
    const sign = [
      "-CA",
      own("ca.crt"),
      "-CAkey",
      own("ca.key"),
      "-CAcreateserial",
      "-copy_extensions",
      "copy",
    ];
    openssl("x509", "-req", "-in", own(`${name}.csr`), ...sign, "-out", own(`${name}.crt`), "-days", "2");
  }
  tls = {
    ca: await readFile(own("ca.crt")),
    cert: await readFile(own("client.crt")),
    key: await readFile(own("client.key")),
  };
  service = await openService(
    { events: { table: { mode: "append" } } },
    { tls: { certificate: own("server.crt"), key: own("server.key"), clientAuthority: own("ca.crt") } },
  );
  token = await service.token("events");
});

afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const BODY = '{"n":1}';

/** The status of a push by HTTP/1.1, or why there was none. */
function push(options: object, headers: Record<string, string> = {}): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(
      `${service.url}/v1/streams/events/rows`,
      {
        ...options,
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(BODY);
  });
}

it("takes rows over TLS from those who show a certificate of theirs", async () => {
  expect(await push(tls)).toBe(200);
  expect(await push({ ca: tls.ca })).toMatch(/^E|SSL/);
  expect(await push({ cert: tls.cert, key: tls.key })).toMatch(/CERT|SELF_SIGNED|UNABLE/);
});

it("speaks HTTP/2 and gRPC on the same port", async () => {
  const session = connectHttp2(service.url, tls);
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/v1/streams/events/rows",
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
    });
    let body = "";
    let status = 0;
    stream.on("response", (headers) => (status = Number(headers[":status"])));
    stream.setEncoding("utf8").on("data", (text: string) => (body += text));
    stream.on("end", () => resolve({ status, body }));
    stream.on("error", reject);
    stream.end("not json");
  });
  session.close();
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, "MLR_PUSH_INVALID"]);
  const client = createClient(
    IngestService,
    createGrpcTransport({ baseUrl: service.ingest.grpcUrl ?? "", nodeOptions: tls }),
  );
  const batch = create(BatchSchema, { id: "tls", rows: { case: "ndjson", value: Buffer.from(`${BODY}\n`) } });
  const { landed } = await client.push(
    { stream: "events", batch },
    { headers: { authorization: `Bearer ${token}` } },
  );
  expect(landed?.accepted).toBe(1n);
});

import { readFile } from "node:fs/promises";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createClient, type ClientOptions, type RequestClient } from "../../request/index.ts";

const FIXTURES = path.join(import.meta.dirname, "../../http/fixtures");
const cert = await readFile(path.join(FIXTURES, "localhost-cert.pem"), "utf8");
const key = await readFile(path.join(FIXTURES, "localhost-key.pem"), "utf8");

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function client(options: ClientOptions): RequestClient {
  const made = createClient({ retry: { attempts: 1 }, ...options });
  open.push(() => made.close());
  return made;
}

async function listen(server: Server | Http2SecureServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

describe("HTTP/2", () => {
  it("is spoken where it is asked for and the server does, many requests on one connection", async () => {
    let sessions = 0;
    const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
      response.setHeader("content-encoding", "gzip");
      let sent = "";
      request.setEncoding("utf8").on("data", (piece: string) => (sent += piece));
      request.on("end", () =>
        response.end(gzipSync(`${request.httpVersion} ${request.method} ${request.url} ${sent}`)),
      );
    }).on("session", () => void sessions++);
    const url = await listen(server);
    const modern = client({ http2: true, tls: { ca: cert } });
    expect((await modern.request(`${url}/a`)).body).toBe("2.0 GET /a ");
    const all = await Promise.all([1, 2, 3, 4].map((n) => modern.request(`${url}/p`, { json: { n } })));
    expect(all.map(({ body }) => body)).toEqual([1, 2, 3, 4].map((n) => `2.0 POST /p {"n":${n}}`));
    expect(sessions).toBeLessThanOrEqual(4);
    expect((await client({ tls: { ca: cert } }).request(`${url}/a`)).body).toBe("1.1 GET /a ");
    await modern.close();
  });

  it("has the same limits", async () => {
    const url = await listen(
      createSecureServer({ cert, key }, (_, response) => response.end("x".repeat(50_000))),
    );
    const modern = client({ http2: true, tls: { ca: cert }, maxBytes: 1_000 });
    await expect(modern.request(url)).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    await modern.close();
  });
});

describe("TLS", () => {
  it("shows the client's certificate to servers that ask for it", async () => {
    const server = createTlsServer(
      { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const socket = request.socket as TLSSocket;
        response.end(socket.authorized ? String(socket.getPeerCertificate().subject.CN) : "stranger");
      },
    );
    const url = await listen(server);
    expect((await client({ tls: { ca: cert, cert, key } }).request(url)).body).toBe("localhost");
    expect((await client({ tls: { ca: cert } }).request(url)).body).toBe("stranger");
    server.closeAllConnections();
  });

  it("refuses a certificate that nobody known has signed, unless told otherwise", async () => {
    const server = createTlsServer({ cert, key }, (_, response) => response.end("ok"));
    const url = await listen(server);
    await expect(client({}).request(url)).rejects.toMatchObject({
      code: "MLR_SOURCE_DENIED",
      retry: "never",
      hint: expect.stringContaining("tls") as string,
    });
    const lax = await client({ tls: { verify: false } }).request(url);
    expect(lax.body).toBe("ok");
    expect(lax.trace.tlsMs).toBeGreaterThan(0);
    server.closeAllConnections();
  });
});

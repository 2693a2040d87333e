import { Agent, ProxyAgent, type Dispatcher } from "undici";
import { publicLookup } from "./private-addresses.ts";
import type { TlsOptions } from "./tls-options.ts";

/** What connections are made by. */
export interface ConnectionOptions {
  readonly tls: TlsOptions;
  readonly timeoutMs: number;
  readonly privateAddresses: "allow" | "refuse";
}

/** Makes the pool of connections for one reading. Close it. */
export function createDispatcher(options: ConnectionOptions, proxy: string | undefined): Dispatcher {
  const { tls, timeoutMs } = options;
  const secure = {
    rejectUnauthorized: tls.verify,
    minVersion: tls.minVersion,
    ...(tls.ca === undefined ? {} : { ca: asNodeTakes(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: asBuffer(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: asBuffer(tls.key) }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
  const common = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, pipelining: 1 };
  if (proxy !== undefined) {
    return new ProxyAgent({ ...common, uri: proxy, requestTls: secure, connectTimeout: timeoutMs });
  }
  return new Agent({
    ...common,
    connect: {
      ...secure,
      timeout: timeoutMs,
      ...(options.privateAddresses === "refuse" ? { lookup: publicLookup } : {}),
    },
  });
}

function asBuffer(pem: string | Uint8Array): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem);
}

function asNodeTakes(ca: string | Uint8Array | readonly (string | Uint8Array)[]): (string | Buffer)[] {
  return (Array.isArray(ca) ? ca : [ca]).map((each: string | Uint8Array) => asBuffer(each));
}

import { Agent, buildConnector, type Dispatcher } from "undici";
import { proxiedDispatcher } from "../proxies/proxied-dispatcher.ts";
import { proxyAddress } from "../proxies/proxy-address.ts";
import { traced } from "./connection-trace.ts";
import { publicLookup } from "./private-addresses.ts";
import type { TlsOptions } from "./tls-options.ts";

/** What connections are made by. */
export interface ConnectionOptions {
  readonly tls: TlsOptions;
  readonly timeoutMs: number;
  readonly privateAddresses: "allow" | "refuse";
  /** Speaks HTTP/2 with servers that do. Default false. */
  readonly http2?: boolean;
  /** What an HTTP proxy is asked for where an address begins with http://. Default `tunnel`. */
  readonly plainThroughProxy?: "forward" | "tunnel";
}

/** Makes a pool of connections, direct ones or all through one proxy. Close it. Fails with MLR_ARGUMENT_INVALID. */
export function createDispatcher(options: ConnectionOptions, proxy: string | undefined): Dispatcher {
  const { tls, timeoutMs, privateAddresses, http2 = false } = options;
  const secure = {
    rejectUnauthorized: tls.verify,
    minVersion: tls.minVersion,
    allowH2: http2,
    ...(tls.ca === undefined ? {} : { ca: asNodeTakes(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: asBuffer(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: asBuffer(tls.key) }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
  const pool = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, pipelining: 1, allowH2: http2 };
  if (proxy !== undefined) {
    return proxiedDispatcher(proxyAddress(proxy), {
      pool,
      tls: secure,
      timeoutMs,
      privateAddresses,
      plain: options.plainThroughProxy ?? "tunnel",
    });
  }
  const connect = buildConnector({
    ...secure,
    timeout: timeoutMs,
    ...(privateAddresses === "refuse" ? { lookup: publicLookup } : {}),
  });
  return new Agent({ ...pool, connect: traced(connect) });
}

function asBuffer(pem: string | Uint8Array): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem);
}

function asNodeTakes(ca: string | Uint8Array | readonly (string | Uint8Array)[]): (string | Buffer)[] {
  return (Array.isArray(ca) ? ca : [ca]).map((each: string | Uint8Array) => asBuffer(each));
}

import type { Clock } from "@millrace/core";
import { z } from "zod";
import { ProxyPool } from "../proxies/proxy-pool.ts";
import { tlsOptions, type TlsOptions } from "../http/tls-options.ts";
import { ArchiveReader } from "./archive/archive-reader.ts";
import { ArchiveWriter } from "./archive/archive-writer.ts";
import { ResponseCache } from "./cache/response-cache.ts";
import { duration } from "../http/option-types.ts";
import { retryPolicy } from "./retry-policy.ts";

/** Options of a client. */
export const clientOptions = z.strictObject({
  /** Headers of every request. Not sent on where a redirect leads to another host. Default: none. */
  headers: z.record(z.string(), z.string()).default({}),
  /** How to try again after statuses and network errors that may pass. */
  retry: retryPolicy.default(() => retryPolicy.parse({})),
  /** Longest silence: for a connection, for the answer to begin, and between its pieces. Default 60,000 ms. */
  timeoutMs: z.number().int().positive().default(60_000),
  /** Longest time for a whole answer with its redirects, so that a server that drips is given up. Default 10 minutes. */
  maxTime: duration.default("10 minutes"),
  /** Largest body in bytes, decompressed. Default 256 MiB. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(256 * 1024 ** 2),
  /** Redirects that are followed. 0: a redirect fails; -1: it is an answer like any other. Default 10. */
  maxRedirects: z.number().int().min(-1).default(10),
  /** Requests to one host at the same time; further ones wait. Default 16. */
  perHost: z.number().int().positive().default(16),
  /** Certificates and what is accepted of the server's. */
  tls: tlsOptions.default(() => tlsOptions.parse({})),
  /** Speaks HTTP/2 with servers that do. Default false: HTTP/1.1. */
  http2: z.boolean().default(false),
  /** Proxy to go through, such as `http://user:password@host:3128`, `https://…`, `socks5://…`, or a `proxyPool()`. Default: none. */
  proxy: z.union([z.string(), z.instanceof(ProxyPool)]).optional(),
  /** Answers that need not be fetched again: a `responseCache()`. Default: none. */
  cache: z.instanceof(ResponseCache).optional(),
  /** Keeps all answers as they came: `recordTo()`. Default: not kept. */
  record: z.instanceof(ArchiveWriter).optional(),
  /** Takes all answers from what was kept, and none from the network: `await replayFrom()`. Default: the network. */
  replay: z.instanceof(ArchiveReader).optional(),
  /**
   * Hosts with private, loopback and link-local addresses: `refuse` where addresses come from others. What is connected to is
   * what was checked, also behind redirects. Default `allow`.
   */
  privateAddresses: z.enum(["allow", "refuse"]).default("allow"),
});

/** Options of a client, as users write them. */
export type ClientOptions = z.input<typeof clientOptions>;
/** Options of a client, with the defaults filled in. */
export type KnownClientOptions = Omit<z.output<typeof clientOptions>, "tls"> & { readonly tls: TlsOptions };

/** What a client is given besides options. */
export interface ClientParts {
  /** Default: the machine's. */
  readonly clock?: Clock;
}

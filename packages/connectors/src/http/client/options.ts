import type { Resolved } from "@millrace/core";
import { z } from "zod";
import { tlsOptions } from "../../shared/http/tls-options.ts";
import { budgetOptions } from "../budget/options.ts";
import { duration, secret } from "../../shared/http/option-types.ts";

/** Options of trying again. */
const retryOptions = z.strictObject({
  /** How often a request is sent at most. Default 5. */
  attempts: z.number().int().positive().default(5),
  /** Wait before the second attempt; doubled with each further one, plus up to half at random. Default 1 second. */
  delay: duration.default("1 second"),
  /** Longest wait between two attempts, unless the server asks for more. Default 1 minute. */
  maxDelay: duration.default("1 minute"),
  /** Statuses after which it is tried again. Default 408, 425, 429, 500, 502, 503, 504. */
  statuses: z.array(z.number().int()).default([408, 425, 429, 500, 502, 503, 504]),
  /** Longest that one request is put off by a server's limits (429, Retry-After, RateLimit). Default 2 hours. */
  maxThrottle: duration.default("2 hours"),
});

/** Options of what is done with an answer. */
export const responseOptions = z.strictObject({
  /** Statuses that it is for: a number, `"4xx"`, or several. Default: all. */
  status: z.union([z.number().int(), z.string().regex(/^[1-5]xx$/i), z.array(z.number().int())]).optional(),
  /** What the body has to contain. Default: anything. */
  contains: z.string().min(1).optional(),
  /**
   * `empty`: a page without rows, as if that were the answer. `ignore`: the resource, or this parent's part of it, is passed
   * over; as not everything was read, nothing is removed. `retry`: tries again later. `renew`: authenticates anew and tries
   * once more. `fail`: the run fails, also where the status says that all is well.
   */
  action: z.enum(["empty", "ignore", "retry", "renew", "fail"]),
});

/** Options of the client that all resources share. */
export const clientOptions = {
  /** Headers of every request. A value may be a function that returns a secret. Not sent on to another host. */
  headers: z.record(z.string(), secret).default({}),
  /** Rate budgets: one for each host, or several with `route`. What servers tell of their limits is kept besides. */
  budget: z.union([budgetOptions, z.array(budgetOptions)]).default([]),
  /** How to try again after statuses and network errors that may pass. */
  retry: retryOptions.default(() => retryOptions.parse({})),
  /** Longest silence: for a connection, for the answer to begin, and between its pieces. Default 60,000 ms. */
  timeoutMs: z.number().int().positive().default(60_000),
  /** Longest time for a whole answer. Default 10 minutes. */
  maxResponse: duration.default("10 minutes"),
  /** Largest answer in bytes, decompressed. Default 256 MiB. */
  maxResponseBytes: z
    .number()
    .int()
    .positive()
    .default(256 * 1024 ** 2),
  /** Redirects that are followed; credentials stay with the host they are for. Default 10. */
  maxRedirects: z.number().int().nonnegative().default(10),
  /** Certificates and what is accepted of the server's. */
  tls: tlsOptions.default(() => tlsOptions.parse({})),
  /** Proxy to go through, such as `http://user:password@proxy:3128`. Default: none. */
  proxy: secret.optional(),
  /** Hosts with private, loopback and link-local addresses: `refuse` where addresses come from others. Default `allow`. */
  privateAddresses: z.enum(["allow", "refuse"]).default("allow"),
};

const schema = z.strictObject(clientOptions);
/** Options of the client with the defaults and the secrets filled in. */
export type ClientOptions = Resolved<z.output<typeof schema>>;
/** What is done with an answer. */
export type ResponseRule = z.output<typeof responseOptions>;

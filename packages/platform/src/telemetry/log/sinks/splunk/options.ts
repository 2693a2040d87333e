import { parseOptions, resolveSecret, secretText } from "@millrace/core";
import { z } from "zod";
import { type LogSinkSpec, limitsOf, sinkOptions } from "../../config/log-sink-spec.ts";

const options = z.strictObject({
  ...sinkOptions,
  /** Base URL of the collector, such as `https://splunk.example.com:8088`. */
  url: z.url({ protocol: /^https?$/ }),
  /** The collector's token: a text, or `secret("name")`. */
  token: secretText(z.string().min(1)),
  /** Default: the token's own. */
  index: z.string().min(1).optional(),
  /** Default `millrace`. */
  source: z.string().min(1).default("millrace"),
  /** Default `_json`. */
  sourcetype: z.string().min(1).default("_json"),
  /** Default: the name of the machine that sends. */
  host: z.string().min(1).optional(),
  /** Compress what is sent. Default true. */
  gzip: z.boolean().default(true),
  /** Wait until Splunk's indexers have acknowledged each batch; the token must have that switched on. Default false. */
  acknowledge: z.boolean().default(false),
  /** Longest wait for that, in milliseconds. Default 60,000. */
  acknowledgeMs: z.number().min(1000).default(60_000),
  /** Certificates to trust in place of the usual ones, as PEM text. */
  ca: z.string().optional(),
});

/** Batches that may wait for their acknowledgement at the same time. */
const BATCHES_WAITING = 8;

/** Options of `logTo.splunk`. */
export type LogSplunkOptions = z.input<typeof options>;

/** Lines in Splunk. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function splunk(given: LogSplunkOptions): LogSinkSpec {
  const {
    name = "splunk",
    level,
    limits,
    token,
    index,
    host,
    ca,
    ...rest
  } = parseOptions(options, given, "logTo.splunk()");
  const longest = rest.acknowledge ? { timeoutMs: rest.acknowledgeMs + 30_000 } : {};
  return {
    kind: "splunk",
    name,
    level,
    concurrency: rest.acknowledge ? BATCHES_WAITING : 1,
    limits: limitsOf(limits, longest),
    open: async ({ secrets, clock }) => {
      const { SplunkSink } = await import("./splunk-sink.ts");
      return new SplunkSink({
        ...rest,
        name,
        clock,
        token: await resolveSecret(token, secrets),
        ...(index === undefined ? {} : { index }),
        ...(host === undefined ? {} : { host }),
        ...(ca === undefined ? {} : { ca }),
      });
    },
  };
}

import { parseOptions, resolveSecret, secretText } from "@millrace/core";
import { z } from "zod";
import { type LogSinkSpec, limitsOf, sinkOptions } from "../../config/log-sink-spec.ts";
import { LOKI_LABELS } from "./loki-streams.ts";

const labelName = z.string().regex(/^[A-Za-z_]\w*$/, "must be a name of letters, digits and _");

const options = z.strictObject({
  ...sinkOptions,
  /** Base URL, such as `http://loki.example.com:3100`; lines are pushed to `/loki/api/v1/push` under it. */
  url: z.url({ protocol: /^https?$/ }),
  /** Name of the tenant, where Loki has several. */
  tenant: z.string().min(1).optional(),
  /** User of HTTP's basic authentication. */
  user: z.string().min(1).optional(),
  /** Password of that user: a text, or `secret("name")`. */
  password: secretText(z.string().min(1)).optional(),
  /** Token of HTTP's bearer authentication: a text, or `secret("name")`. */
  token: secretText(z.string().min(1)).optional(),
  /** Labels of every line. Default `{ service_name: "millrace" }`. */
  labels: z.record(labelName, z.string()).default({ service_name: "millrace" }),
  /** What becomes a label of each line; few values, please: each combination is a stream. Default level, pipeline and group. */
  labelsFrom: z.array(z.enum(LOKI_LABELS)).default(["level", "pipeline", "group"]),
  /** Most streams at the same time; beyond it values of labels become `other`. Default 500. */
  maxStreams: z.number().int().min(1).default(500),
  /** Longest line, in bytes; where one is longer its fields are left out, then the end of its message. Default 250,000. */
  maxLineBytes: z.number().int().min(4096).default(250_000),
  /** Give run, worker and attempt as structured metadata, which Loki has from version 3 on. Default false. */
  metadata: z.boolean().default(false),
  /** Compress what is sent. Default true. */
  gzip: z.boolean().default(true),
  /** Certificates to trust in place of the usual ones, as PEM text. */
  ca: z.string().optional(),
});

/** Options of `logTo.loki`. */
export type LogLokiOptions = z.input<typeof options>;

/** Lines in Loki. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function loki(given: LogLokiOptions): LogSinkSpec {
  const {
    name = "loki",
    level,
    limits,
    tenant,
    user,
    password,
    token,
    ca,
    ...rest
  } = parseOptions(options, given, "logTo.loki()");
  return {
    kind: "loki",
    name,
    level,
    limits: limitsOf(limits, { delayMs: 1000 }),
    open: async ({ secrets }) => {
      const { LokiSink } = await import("./loki-sink.ts");
      return new LokiSink({
        ...rest,
        name,
        ...(tenant === undefined ? {} : { tenant }),
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password: await resolveSecret(password, secrets) }),
        ...(token === undefined ? {} : { token: await resolveSecret(token, secrets) }),
        ...(ca === undefined ? {} : { ca }),
      });
    },
  };
}

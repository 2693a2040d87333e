import { MillraceError, parseOptions, resolveSecret, secretText } from "@millrace/core";
import { JSONPathEnvironment } from "json-p3";
import { request } from "undici";
import { z } from "zod";
import type { Reading, ReaderContext, SamplingReader, Variable } from "../../shared/sampling/index.ts";
import { jsonReading } from "./json-value.ts";

/** Options of `httpReader()`. */
export const httpReaderOptions = z.strictObject({
  /** Name by which variables choose it. Default `http`. */
  name: z.string().min(1).default("http"),
  /** What addresses begin with: an address is a path behind it and, after a space, a JSONPath: `/status $.boiler.temperature`. */
  url: z.url({ protocol: /^https?$/ }),
  /** Headers of the requests; secret ones as `secret("name")`. Default: none. */
  headers: z.record(z.string(), secretText(z.string())).default({}),
  /** Milliseconds until an answer has to be there. Default 5,000. */
  timeoutMs: z.number().int().positive().default(5_000),
  /** JSONPath of the time of the values in the same document: ISO 8601, or a number of seconds or milliseconds. Default: not said. */
  time: z.string().startsWith("$").optional(),
  /** Largest answer in bytes. Default 10 MiB. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(10 * 1024 ** 2),
});

/** Options of `httpReader()`, as users write them. */
export type HttpReaderOptions = z.input<typeof httpReaderOptions>;

const paths = new JSONPathEnvironment();

/**
 * Reads values out of JSON documents: variables of one document share one request.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example httpReader({ url: "http://10.0.0.7" })
 */
export function httpReader(options: HttpReaderOptions): SamplingReader {
  const { name, url, headers, timeoutMs, time, maxBytes } = parseOptions(
    httpReaderOptions,
    options,
    "httpReader()",
  );
  let sent: Record<string, string> = {};
  return {
    name,
    check: ({ address }) => void partsOf(address),
    async open(context: ReaderContext) {
      const known = Object.entries(headers).map(async ([key, value]) => [
        key,
        await resolveSecret(value, context),
      ]);
      sent = Object.fromEntries(await Promise.all(known)) as Record<string, string>;
    },
    async read(variables, { signal }) {
      const documents = Map.groupBy(variables, ({ address }) => partsOf(address).path);
      const found = new Map<Variable, Reading>();
      await Promise.all(
        [...documents].map(async ([path, own]) => {
          const address = path === "" ? url : new URL(path, url).href;
          const enough = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
          const read = await document(address, { headers: sent, signal: enough, maxBytes }).then(
            (json) => readingsOf(json, own, time),
            (error: unknown) => own.map(() => failed(error)),
          );
          for (const [index, variable] of own.entries()) found.set(variable, read[index] as Reading);
        }),
      );
      return variables.map((variable) => found.get(variable) as Reading);
    },
  };
}

/** What a document is asked for with. */
interface Asking {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

async function document(address: string, { headers, signal, maxBytes }: Asking): Promise<unknown> {
  const answer = await request(address, { headers: { accept: "application/json", ...headers }, signal });
  if (answer.statusCode < 200 || answer.statusCode > 299) {
    await answer.body.dump();
    throw new HttpCode(`http-${answer.statusCode}`);
  }
  let text = "";
  for await (const piece of answer.body.setEncoding("utf8")) {
    text += String(piece);
    if (text.length > maxBytes) throw new HttpCode("too-large");
  }
  return JSON.parse(text);
}

/** Why a document is no use, in a word. */
class HttpCode extends Error {}

function failed(error: unknown): Reading {
  if (error instanceof HttpCode) return { value: null, quality: "bad", code: error.message };
  const name = error instanceof Error ? error.name : "";
  const code = (error as { readonly code?: unknown }).code;
  const word = name === "TimeoutError" ? "timeout" : error instanceof SyntaxError ? "not-json" : undefined;
  return { value: null, quality: "bad", code: word ?? (typeof code === "string" ? code : "unreachable") };
}

function readingsOf(json: unknown, variables: readonly Variable[], time: string | undefined): Reading[] {
  const at = time === undefined ? undefined : timeOf(first(time, json));
  return variables.map(({ address }) => ({
    ...jsonReading(first(partsOf(address).query, json)),
    ...(at === undefined ? {} : { sourceTime: at }),
  }));
}

function first(query: string, json: unknown): unknown {
  return paths.query(query, json as Parameters<typeof paths.query>[1]).values()[0];
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === "number") return value < 1e11 ? value * 1_000 : value;
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function partsOf(address: string): { readonly path: string; readonly query: string } {
  const at = address.indexOf("$");
  const query = at < 0 ? "" : address.slice(at);
  try {
    if (at < 0) throw new Error("there is no JSONPath in it");
    paths.compile(query);
  } catch (cause) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${address}" is no address of a JSON value: ${String(cause)}`,
      {
        hint: "Write a path and a JSONPath, such as /status $.boiler.temperature, or a JSONPath alone.",
        cause,
      },
    );
  }
  return { path: address.slice(0, at).trim(), query };
}

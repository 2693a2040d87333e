import { once } from "node:events";
import { inspect } from "node:util";
import { MillraceError, redactor } from "@millrace/core";
import { type ErrorReport, errorBlock } from "./error-block.ts";
import { type Style, styleFor } from "./style.ts";
import { cleanLines } from "./text.ts";

/** Where a command says things: its result on stdout, everything else on stderr. All but the result is without secrets. */
export interface Printer {
  /** One JSON document is wanted on stdout, and nothing else there. */
  readonly json: boolean;
  /** Stack traces are wanted. */
  readonly verbose: boolean;
  /** Colours for stdout. */
  readonly style: Style;
  /** Colours for stderr. */
  readonly errorStyle: Style;
  readonly stderr: NodeJS.WriteStream;
  /** The command's result: `document` as JSON where that is wanted, otherwise what `people` returns. At most once per process. */
  result(document: unknown, people: () => string): void;
  /**
   * As `result` with JSON, for lists of any length: an object of `head` with the member `name`, whose elements are written as
   * they come. Where reading them fails, the object ends with a member `error`, and the failure is thrown.
   */
  stream(head: object, name: string, elements: AsyncIterable<unknown>): Promise<void>;
  /** A line on stdout, unless JSON is wanted: then on stderr. */
  line(text: string): void;
  /** A line on stderr. */
  note(text: string): void;
  warn(text: string): void;
  /** An error for people on stderr; with its stack where `verbose`. */
  explain(error: unknown, where?: string): void;
  /** The stack of an error and its causes on stderr, where `verbose`. */
  trace(error: unknown): void;
  /** The command failed: as `explain`, or with JSON the one document `{ error }`. */
  fail(error: unknown): void;
}

/** What a printer is made of. */
export interface PrinterOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** A printer for one command. With JSON, what others (a pipeline's own code) write to stdout goes to stderr from now on. */
export function createPrinter(options: PrinterOptions): Printer {
  const { json, verbose, stdout, stderr } = options;
  const write = stdout.write.bind(stdout);
  if (json) stdout.write = stderr.write.bind(stderr);
  const style = styleFor(stdout);
  const errorStyle = styleFor(stderr);
  const note = (text: string): void => void stderr.write(`${redactor.text(text)}\n`);
  const document = (value: unknown): void => void write(`${JSON.stringify(value, writable, 2)}\n`);
  let streamed = false;
  const put = async (text: string): Promise<void> => {
    if (!write(text)) await once(stdout, "drain");
  };
  const trace = (error: unknown): void => {
    if (verbose) note(errorStyle.dim(cleanLines(stackOf(error))));
  };
  const explain = (error: unknown, where?: string): void => {
    note(errorBlock(reportOf(error), errorStyle, where));
    trace(error);
  };
  return {
    json,
    verbose,
    style,
    errorStyle,
    stderr,
    note,
    explain,
    trace,
    async stream(head, name, elements) {
      const members = JSON.stringify(head, writable).slice(1, -1);
      await put(`{${members === "" ? "" : `${members}, `}${JSON.stringify(name)}: [`);
      streamed = true;
      let separator = "\n  ";
      try {
        for await (const element of elements) {
          await put(`${separator}${JSON.stringify(element, writable)}`);
          separator = ",\n  ";
        }
        await put("\n]}\n");
      } catch (error) {
        await put(`\n], "error": ${JSON.stringify(reportOf(error), writable)}}\n`);
        throw error;
      }
    },
    result: (value, people) => (json ? document(value) : void write(`${people()}\n`)),
    line: (text) => (json ? note(text) : void write(`${redactor.text(text)}\n`)),
    warn: (text) => note(`${errorStyle.yellow("!")} ${text}`),
    fail: (error) => {
      if (json && !streamed) document({ error: reportOf(error) });
      if (!json || verbose) explain(error);
    },
  };
}

/** `error` as a report without secrets; what is not a MillraceError is one of Millrace's own faults. */
export function reportOf(thrown: unknown): ErrorReport {
  const error = redactor.error(thrown);
  if (error instanceof MillraceError) {
    const { code, message, hint, details } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }), details };
  }
  return {
    code: "MLR_INTERNAL",
    message: error instanceof Error ? error.message : String(error),
    hint: "Run it again with --verbose and report what it says.",
    details: {},
  };
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error, depth = 0; at !== undefined && depth < 8; depth += 1) {
    if (!(at instanceof Error)) return [...parts, inspect(at)].join("\ncaused by: ");
    parts.push(at.stack ?? at.message);
    at = at.cause;
  }
  return parts.join("\ncaused by: ");
}

function writable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

import type { Json } from "@millrace/core";
import type { EmitLine, LogTarget } from "./create-logger.ts";
import type { LogBindings, LogLevel } from "./log-record.ts";
import type { PipeWriter } from "./pipe-writer.ts";

/** What begins each line of this form; `readLogLine` knows it by that. */
export const LINE_START = '{"mlr":1,"at":';

/** Says lines as JSON text on a pipe, for `logLines` at its other end. */
export function lineTarget(writer: Pick<PipeWriter, "write">): LogTarget {
  return {
    bind(bindings) {
      const bound = boundText(bindings);
      const emit: EmitLine = (at, level, message, fields) => {
        const urgent = level === "warn" || level === "error" || level === "fatal";
        writer.write(lineText({ at, level, message, fields }, bound), at, urgent);
      };
      return emit;
    },
  };
}

/** What a line says besides its bindings. */
interface SaidLine {
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, Json>> | undefined;
}

function lineText({ at, level, message, fields }: SaidLine, bound: string): string {
  const head = `${LINE_START}${at},"level":"${level}"${bound},"message":${JSON.stringify(message)}`;
  return fields === undefined ? `${head}}\n` : `${head},"fields":${JSON.stringify(fields)}}\n`;
}

function boundText(bindings: LogBindings): string {
  const text = JSON.stringify(bindings);
  return text === "{}" ? "" : `,${text.slice(1, -1)}`;
}

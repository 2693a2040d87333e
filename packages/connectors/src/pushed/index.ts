import {
  type ColumnDefinition,
  columnsFromZod,
  MillraceError,
  parseColumnType,
  parseOptions,
  type Source,
} from "@millrace/core";
import { pushedOptions, type PushedOptions } from "./options.ts";

export type { PushedOptions } from "./options.ts";

/**
 * Rows that programs push to the ingestion service, by REST, gRPC or with a client: the pipeline declares where they land and
 * what they have to be like, as plain data. It runs while `millrace ingest` or `millrace up` does, and never by itself.
 *
 * ```ts
 * export default pipeline("prices", {
 *   source: pushed({ columns: { price: "numeric(12,2)", seen: "timestamptz" } }),
 *   destination: postgres().table("prices", { key: ["sku"], mode: "merge" }),
 * });
 * ```
 *
 * Such a pipeline has no transforms and no rules with functions, because no code of the project runs where rows come in.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 */
export function pushed(options: PushedOptions = {}): Source {
  const { stream, columns, schema } = parseOptions(pushedOptions, options, "pushed()");
  return {
    kind: "pushed",
    endless: true,
    pushed: { ...(stream === undefined ? {} : { stream }), columns: columnsOf(columns, schema) },
    // oxlint-disable-next-line require-yield -- it only says why there is nothing to read
    async *read() {
      throw new MillraceError("MLR_SOURCE_PUSHED", "This pipeline is not run: programs push its rows in", {
        hint: "Start `millrace ingest`, or `millrace up`, and send rows to POST /v1/streams/<stream>/rows.",
      });
    },
  };
}

function columnsOf(
  columns: Readonly<Record<string, string>> | undefined,
  schema: unknown,
): readonly ColumnDefinition[] {
  if (columns !== undefined && schema !== undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "pushed() was given both columns and schema", {
      hint: "Give one of them.",
    });
  }
  if (schema === undefined)
    return Object.entries(columns ?? {}).map(([name, type]) => ({ name, type: parseColumnType(type) }));
  const described = columnsFromZod(schema);
  if (described !== undefined) return described;
  throw new MillraceError("MLR_ARGUMENT_INVALID", "pushed() was given a schema that is no zod object", {
    hint: "Such as schema: z.object({ id: z.int() }).",
  });
}

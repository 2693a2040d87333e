import { MillraceError, type ColumnDefinition, type Row, type RowBatch } from "@millrace/core";
import { ByteReader } from "../codec/byte-reader.ts";
import { decodeRows } from "../codec/row-codec.ts";
import { serverError } from "../errors.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote } from "../server/quote.ts";
import { parseServerType, type ServerType } from "./server-type.ts";
import { isSelect } from "./statement-text.ts";

const TEXT: ColumnDefinition["type"] = { kind: "text" };

/** A large answer, a batch at a time. */
export async function* streamAnswer(
  server: ClickHouseServer,
  text: string,
  { batchRows, signal }: { readonly batchRows: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<RowBatch, void, undefined> {
  if (!isSelect(text)) {
    yield* textAnswer(server, text, signal);
    return;
  }
  const { columns, types, sql } = await describeAnswer(server, text, signal);
  const reader = new ByteReader();
  const tail = new Tail();
  const bytes = server.stream(`${sql} FORMAT RowBinary`, { signal, whole: false });
  const read = (): Row => {
    const row: Row = {};
    for (let i = 0; i < types.length; i++) row[columns[i]?.name ?? ""] = types[i]?.read(reader);
    return row;
  };
  let rows: Row[] = [];
  let some = false;
  const broken = (): MillraceError => tail.error(server);
  for await (const decoded of decodeRows(tail.watch(bytes), reader, read, broken)) {
    for (const row of decoded) {
      rows.push(row);
      if (rows.length < batchRows) continue;
      some = true;
      yield { columns, rows };
      rows = [];
    }
  }
  if (rows.length > 0 || !some) yield { columns, rows };
}

/** Columns of an answer; types without a counterpart are asked for as text. */
async function describeAnswer(
  server: ClickHouseServer,
  text: string,
  signal: AbortSignal | undefined,
): Promise<{ columns: ColumnDefinition[]; types: ServerType[]; sql: string }> {
  const described = await server.values(`DESCRIBE TABLE (${text})`, { signal });
  const found = described.map(([name, type]) => ({
    name: String(name),
    type: parseServerType(String(type)),
  }));
  const string = parseServerType("String");
  if (string === undefined) throw new MillraceError("MLR_INTERNAL", "text has no type");
  const columns = found.map(({ name, type }) => ({
    name,
    type: type?.type ?? TEXT,
    nullable: type?.nullable ?? false,
  }));
  const types = found.map(({ type }) => type ?? string);
  if (found.every(({ type }) => type !== undefined)) return { columns, types, sql: text };
  const list = found.map(({ name, type }) =>
    type === undefined ? `toString(${quote(name)}) AS ${quote(name)}` : quote(name),
  );
  return { columns, types, sql: `SELECT ${list.join(", ")} FROM (${text})` };
}

/** What SHOW, DESCRIBE and the like answer: all as text. */
async function* textAnswer(
  server: ClickHouseServer,
  text: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<RowBatch, void, undefined> {
  const answer = await server.text(`${text} FORMAT JSONCompact`, { signal });
  const { meta, data } = JSON.parse(answer) as { meta: { name: string }[]; data: unknown[][] };
  const columns = meta.map(({ name }) => ({ name, type: TEXT }));
  const rows = data.map((values) =>
    Object.fromEntries(
      values.map((value, index) => [meta[index]?.name ?? "", value === null ? null : String(value)]),
    ),
  );
  yield { columns, rows };
}

const TAIL_BYTES = 4_096;

/** Keeps the end of what was sent: where a statement fails after its first rows, the server's words are there. */
class Tail {
  #last: Buffer = Buffer.alloc(0);

  async *watch(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of bytes) {
      const joined = chunk.length < TAIL_BYTES ? Buffer.concat([this.#last, chunk]) : chunk;
      this.#last = Buffer.from(joined.subarray(-TAIL_BYTES));
      yield chunk;
    }
  }

  error(server: ClickHouseServer): MillraceError {
    const said =
      /Code: \d+.*$/s.exec(this.#last.toString("utf8"))?.[0] ?? "the answer ended in the middle of a row";
    const { location, port } = server.settings;
    return serverError(new Error(said), { use: "DATABASE", location, port });
  }
}

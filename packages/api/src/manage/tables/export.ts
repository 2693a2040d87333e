import { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { RowsPage, RowsQuery, TableReader } from "../../table-reader.ts";
import { csvLine, type CsvLine } from "./csv-line.ts";
import { readFilters, readNames } from "./read-arguments.ts";
import type { ExportQuery } from "./schemas.ts";

/** Rows that are asked for at once. */
const PAGE_ROWS = 1_000;
/** Bytes that are handed on at once. */
const CHUNK_BYTES = 64 * 1024;

/** What is exported. */
export interface Export {
  readonly tables: TableReader;
  readonly table: string;
  readonly query: z.output<typeof ExportQuery>;
}

/**
 * Answers with rows as a file. Pages are read only as fast as the client takes them; the first one before the answer
 * begins, so that what is wrong is told as an error. One that goes wrong later ends the connection: a file never looks
 * whole when it is not.
 */
export async function exportRows(of: Export, reply: FastifyReply): Promise<FastifyReply> {
  const { query, table } = of;
  const pages = readPages(of);
  const first = await pages.next();
  if (first.done === true) throw new MillraceError("MLR_INTERNAL", `table "${table}" gave no page`);
  const chosen = chooseColumns(first.value.page, readNames(query.columns));
  const form = query.format === "csv" ? csvForm(chosen, query.raw) : jsonForm(chosen);
  const name = table.replaceAll(/[^\w.-]+/g, "_").slice(0, 100);
  reply.header("content-disposition", `attachment; filename="${name}.${query.format}"`);
  reply.type(query.format === "csv" ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson");
  reply.header("x-millrace-row-limit", String(query.limit));
  let more = false;
  async function* file(): AsyncGenerator<Buffer> {
    let text = form.head;
    for (let entry = first; entry.done !== true; entry = await pages.next()) {
      ({ more } = entry.value);
      for (const row of entry.value.page.rows) {
        text += form.line(row);
        if (text.length < CHUNK_BYTES) continue;
        yield Buffer.from(text);
        text = "";
      }
    }
    if (text !== "") yield Buffer.from(text);
  }
  reply.trailer("x-millrace-more", async () => String(more));
  return reply.send(Readable.from(file(), { objectMode: false }));
}

interface ReadPage {
  readonly page: RowsPage;
  /** The limit was reached, and there are more rows. */
  readonly more: boolean;
}

async function* readPages({ tables, table, query }: Export): AsyncGenerator<ReadPage> {
  const wanted: Omit<RowsQuery, "limit" | "after"> = {
    of: query.of,
    filters: readFilters(query.where),
    ...(query.sort === undefined ? {} : { sort: { column: query.sort, descending: query.descending } }),
  };
  let after: string | undefined;
  let left = query.limit;
  do {
    const page = await tables.rows(table, { ...wanted, after, limit: Math.min(left, PAGE_ROWS) });
    left -= page.rows.length;
    after = page.next;
    yield { page, more: after !== undefined && left <= 0 };
  } while (after !== undefined && left > 0);
}

interface Chosen {
  readonly names: readonly string[];
  /** Where they are in a row. */
  readonly at: readonly number[];
}

function chooseColumns({ columns }: RowsPage, names: readonly string[] | undefined): Chosen {
  const all = columns.map(({ name }) => name);
  const chosen = names ?? all;
  const at = chosen.map((name) => all.indexOf(name));
  const missing = chosen.find((_, index) => at[index] === -1);
  if (missing === undefined) return { names: chosen, at };
  throw new MillraceError("MLR_ARGUMENT_INVALID", `there is no column "${missing}"`, {
    hint: `Its columns: ${all.join(", ")}.`,
  });
}

interface FileForm {
  readonly head: string;
  line(row: readonly unknown[]): string;
}

function csvForm({ names, at }: Chosen, raw: boolean): FileForm {
  const line: CsvLine = csvLine({ raw });
  return {
    head: line(names),
    line: (row) => line(at.map((index) => row[index])),
  };
}

function jsonForm({ names, at }: Chosen): FileForm {
  return {
    head: "",
    line: (row) =>
      `${JSON.stringify(Object.fromEntries(names.map((name, index) => [name, row[at[index] ?? 0]])))}\n`,
  };
}

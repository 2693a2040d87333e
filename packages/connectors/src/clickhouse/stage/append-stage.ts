import type { EncodableBatch, Row } from "@millrace/core";
import { RowCodec } from "../codec/row-codec.ts";
import { createTableSql, type PhysicalTable, type TableLayout } from "../define/layout.ts";
import { parseWorkTable, STATE_DATABASE } from "../state/names.ts";
import { rewriteRows } from "./rewrite-rows.ts";
import { RowLane } from "./row-lane.ts";
import type { WorkArea } from "./work-area.ts";

/** Rows between two looks at how much has gathered. */
const LOOK_ROWS = 256;

interface Part {
  readonly table: string;
  readonly main: PhysicalTable;
  readonly lane: RowLane;
  readonly codec: RowCodec;
}

/** append: rows that came since the last commit, in a table like the final one, whose parts the commit links into it. */
export class AppendStage {
  readonly #work: WorkArea;
  readonly #batchBytes: number;
  readonly #batch: bigint;
  #layout: TableLayout;
  #part: Part | undefined;
  count = 0;

  constructor(
    work: WorkArea,
    layout: TableLayout,
    { batchBytes, batch }: { batchBytes: number; batch: bigint },
  ) {
    this.#work = work;
    this.#layout = layout;
    this.#batchBytes = batchBytes;
    this.#batch = batch;
  }

  /** The name that recovery finds the table by; undefined where nothing came. */
  get what(): string | undefined {
    return this.#part === undefined ? undefined : parseWorkTable(this.#part.table)?.what;
  }

  async write({ rows }: EncodableBatch): Promise<void> {
    if (rows.length === 0) return;
    const { lane, codec } = (this.#part ??= await this.#open());
    for (let i = 0; i < rows.length; i++) {
      codec.write(lane.writer, rows[i] as Row);
      if (i % LOOK_ROWS === 0) await lane.advance();
    }
    this.count += rows.length;
    await lane.advance();
  }

  /** Takes the columns that the table has by now; rows that came before are written again. */
  async evolve(layout: TableLayout): Promise<void> {
    this.#layout = layout;
    const before = this.#part;
    if (before === undefined) return;
    await before.lane.flush();
    this.#part = await this.#open();
    await rewriteRows(this.#work.server, {
      from: { database: STATE_DATABASE, table: before.table, columns: before.main.columns },
      to: { database: STATE_DATABASE, table: this.#part.table, columns: this.#part.main.columns },
      batchBytes: this.#batchBytes,
    });
    await this.#work.drop(before.table);
  }

  async flush(): Promise<void> {
    await this.#part?.lane.flush();
  }

  async #open(): Promise<Part> {
    const { server } = this.#work;
    const { main, definition } = this.#layout;
    const table = this.#work.name("append");
    await server.run(createTableSql(main, server.features, { database: STATE_DATABASE, name: table }), {
      doing: `preparing table "${definition.name}"`,
    });
    const doing = `writing table "${definition.name}"`;
    const lane = new RowLane({
      server,
      database: STATE_DATABASE,
      table,
      batchBytes: this.#batchBytes,
      doing,
    });
    const codec = new RowCodec(main.columns, server.features, { _batch: this.#batch });
    return { table, main, lane, codec };
  }
}

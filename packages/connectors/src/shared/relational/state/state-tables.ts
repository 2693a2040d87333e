import { MillraceError } from "@millrace/core";
import type { RelationalDialect } from "../relational-dialect.ts";
import type { Link } from "../session/link.ts";
import { describeTable } from "../session/describe-table.ts";
import { StateTable, type StateShape } from "./state-table.ts";

/** Version of these tables; raised when one of them changes. */
const VERSION = 1;
const WHAT = "preparing the tables that Millrace keeps its state in";

const VERSIONS: StateShape = {
  name: "versions",
  columns: [
    { name: "version", kind: "bigint" },
    { name: "applied_at", kind: "timestamptz" },
  ],
  key: ["version"],
};

/** One row per pipeline. `attempt` is the fence: who holds a lower one may not commit. */
const PIPELINES: StateShape = {
  name: "pipelines",
  columns: [
    { name: "pipeline", kind: "text" },
    { name: "attempt", kind: "bigint" },
    { name: "last_commit", kind: "bigint" },
    { name: "run_id", kind: "text", nullable: true },
    { name: "finished", kind: "boolean" },
    { name: "counts", kind: "text" },
    { name: "last_result", kind: "text", nullable: true },
    { name: "updated_at", kind: "timestamptz" },
  ],
  key: ["pipeline"],
};

/** Names of slices may be longer than what an index takes, so that they are found by a hash. */
const CHECKPOINTS: StateShape = {
  name: "checkpoints",
  columns: [
    { name: "pipeline", kind: "text" },
    { name: "slice_hash", kind: "text" },
    { name: "slice", kind: "text" },
    { name: "state", kind: "text" },
  ],
  key: ["pipeline", "slice_hash"],
};

/** `number` stands for the epoch wherever its rows or keys are kept. */
const EPOCHS: StateShape = {
  name: "epochs",
  columns: [
    { name: "pipeline", kind: "text" },
    { name: "id", kind: "text" },
    { name: "number", kind: "bigint" },
    { name: "stream", kind: "text" },
    { name: "table_name", kind: "text" },
    { name: "scope", kind: "text", nullable: true },
    { name: "taints", kind: "text" },
  ],
  key: ["pipeline", "id"],
};

/** Which pipeline writes which table, as it was last defined. */
const TABLES: StateShape = {
  name: "tables",
  columns: [
    { name: "table_schema", kind: "text" },
    { name: "table_name", kind: "text" },
    { name: "pipeline", kind: "text" },
    { name: "mode", kind: "text" },
    { name: "definition", kind: "text" },
    { name: "hash_version", kind: "bigint" },
    { name: "has_removals", kind: "boolean" },
    { name: "last_snapshot", kind: "text", nullable: true },
    { name: "updated_at", kind: "timestamptz" },
  ],
  key: ["table_schema", "table_name", "pipeline"],
};

/** The tables that hold the truth about pipelines: fence, commit id, checkpoints, epochs, who owns what. */
export class StateTables {
  /** The default namespace. */
  readonly namespace: string;
  readonly pipelines: StateTable;
  readonly checkpoints: StateTable;
  readonly epochs: StateTable;
  readonly tables: StateTable;
  readonly #versions: StateTable;

  constructor(dialect: RelationalDialect, namespace: string) {
    const table = (shape: StateShape): StateTable => new StateTable(dialect, namespace, shape);
    this.namespace = namespace;
    this.pipelines = table(PIPELINES);
    this.checkpoints = table(CHECKPOINTS);
    this.epochs = table(EPOCHS);
    this.tables = table(TABLES);
    this.#versions = table(VERSIONS);
  }

  /** Whether they are there. Fails with MLR_SCHEMA_MISMATCH where a newer Millrace made them. */
  async exist(link: Link): Promise<boolean> {
    if ((await describeTable(link, this.#versions.place)) === undefined) return false;
    const rows = await this.#versions.select(link, WHAT, {});
    const version = Math.max(0, ...rows.map((row) => Number(row["version"])));
    if (version <= VERSION) return version === VERSION;
    throw new MillraceError(
      "MLR_SCHEMA_MISMATCH",
      `Millrace's state in ${link.dialect.location} has version ${version}; this Millrace knows ${VERSION}`,
      { hint: "A newer Millrace writes to this database: update this one." },
    );
  }

  /** Creates what is not there. Several sessions may do so at the same time. */
  async ensure(link: Link, now: number | bigint): Promise<void> {
    if (await this.exist(link)) return;
    const { dialect } = link;
    await link.run(WHAT, dialect.createNamespace(this.#versions.place.namespace));
    // The version comes last: whoever sees it finds everything.
    const tables = [this.pipelines, this.checkpoints, this.epochs, this.tables, this.#versions];
    for (const table of tables) await this.#create(link, table);
    try {
      await this.#versions.insert(link, WHAT, { version: VERSION, applied_at: now });
    } catch (error) {
      if (!(await this.exist(link))) throw error;
    }
  }

  async #create(link: Link, table: StateTable): Promise<void> {
    if ((await describeTable(link, table.place)) !== undefined) return;
    try {
      await link.run(WHAT, table.create());
    } catch (error) {
      // Another session may have been faster.
      if (link.lost || (await describeTable(link, table.place)) === undefined) throw error;
    }
  }
}

import { type Capabilities, MillraceError, type PushedPipeline, type Row, TableShaper } from "@millrace/core";

/** Fields that the rows of a stream may have had, most: databases allow not many more columns in a table. */
const MOST_FIELDS = 1_500;

/**
 * Finds batches whose fields no table could have, before they join a commit with those of others: names that become the same
 * column, that are reserved, or that are too many. Only a row with a name that has not been seen costs more than looking.
 */
export class NameCheck {
  readonly #definition: PushedPipeline;
  readonly #capabilities: Capabilities;
  #shaper: TableShaper;
  readonly #known = new Set<string>();

  constructor(definition: PushedPipeline, capabilities: Capabilities) {
    this.#definition = definition;
    this.#capabilities = capabilities;
    this.#shaper = this.#make([]);
  }

  /** Fails with MLR_SCHEMA_COLLISION or MLR_SCHEMA_INVALID, or MLR_PUSH_LIMIT. */
  check(rows: readonly Row[]): void {
    for (const row of rows) {
      for (const name in row) {
        if (this.#known.has(name)) continue;
        this.#learn(row);
        break;
      }
    }
  }

  #learn(row: Row): void {
    const names = Object.keys(row);
    const more = names.filter((name) => !this.#known.has(name));
    const { contract } = this.#definition.table;
    if (contract === "evolve" && this.#known.size + more.length > MOST_FIELDS) {
      throw new MillraceError(
        "MLR_PUSH_LIMIT",
        `The rows of a stream have at most ${MOST_FIELDS} different fields`,
        {
          hint: 'Put what has endless names into one field as an object, or set contract: "discard".',
          details: { fields: MOST_FIELDS },
        },
      );
    }
    try {
      // Without values only the names are judged.
      this.#shaper.shape([Object.fromEntries(names.map((name) => [name, null]))]);
    } catch (error) {
      // What it learned of a row that is refused is not so.
      this.#shaper = this.#make([...this.#known]);
      throw error;
    }
    for (const name of more) this.#known.add(name);
  }

  #make(names: readonly string[]): TableShaper {
    const { table, stream, columns } = this.#definition;
    const shaper = new TableShaper({
      table: table.name ?? stream,
      options: { ...table, contract: "evolve" },
      declared: columns,
      capabilities: this.#capabilities,
    });
    if (names.length > 0) shaper.shape([Object.fromEntries(names.map((name) => [name, null]))]);
    return shaper;
  }
}

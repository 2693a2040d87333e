import { MillraceError } from "../errors.ts";
import type { Pipeline } from "../pipeline.ts";
import type { StreamDefinition } from "../message.ts";
import type { RowHashing } from "../hash/row-hashing.ts";
import type { Capabilities } from "../capabilities.ts";
import { limitIdentifier, normalizeIdentifier } from "../schema/names.ts";
import { TableShaper } from "../schema/shaper.ts";
import type { ResolvedTableOptions } from "../table-options.ts";
import type { HashedSession } from "./hashed-session.ts";
import { TableWriter, type WriterContext } from "./table-writer.ts";

/** Room for the longest suffix that a table's name may get, `__quarantine`. */
const SUFFIX_BYTES = 12;

/** Finds, and at first sight makes, the writer of each stream. */
export class TableRouter {
  readonly #pipeline: Pipeline;
  readonly #session: HashedSession;
  readonly #hashing: RowHashing;
  readonly #capabilities: Capabilities;
  readonly #context: WriterContext;
  readonly #writers = new Map<string, TableWriter>();
  readonly #declared = new Map<string, StreamDefinition>();

  constructor(options: {
    pipeline: Pipeline;
    session: HashedSession;
    hashing: RowHashing;
    capabilities: Capabilities;
    context: WriterContext;
  }) {
    this.#pipeline = options.pipeline;
    this.#session = options.session;
    this.#hashing = options.hashing;
    this.#capabilities = options.capabilities;
    this.#context = options.context;
  }

  get writers(): Iterable<TableWriter> {
    return this.#writers.values();
  }

  known(stream: string): TableWriter | undefined {
    return this.#writers.get(stream);
  }

  /** What was said of a stream; undefined: nothing. */
  declared(stream: string): StreamDefinition | undefined {
    return this.#declared.get(stream);
  }

  async declare(stream: StreamDefinition): Promise<void> {
    this.#declared.set(stream.name, { ...this.#declared.get(stream.name), ...stream });
    const writer = await this.of(stream.name);
    await writer.declare(stream);
  }

  /** @param parentKey for a child stream: the columns that hold the parent's key. */
  async of(stream: string, parentKey?: readonly string[]): Promise<TableWriter> {
    const known = this.#writers.get(stream);
    if (known !== undefined) return known;
    const writer = await this.#make(stream, parentKey);
    this.#writers.set(stream, writer);
    return writer;
  }

  async #make(stream: string, parentKey: readonly string[] | undefined): Promise<TableWriter> {
    const stated = this.#declared.get(stream);
    const options = this.#optionsFor(stream);
    if (options === undefined) throw this.#noTable(stream);
    const table = this.#tableName(stream, options);
    this.#refuseShared(stream, table, options.namespace);
    const existing = await this.#session.existing({
      name: table,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
    const parent = parentKey ?? stated?.parent?.columns;
    const shaper = new TableShaper({
      table,
      options,
      ...(existing === undefined ? {} : { existing }),
      ...(stated?.columns === undefined ? {} : { declared: stated.columns }),
      capabilities: this.#capabilities,
      hashing: this.#hashing,
      ...(stated?.key === undefined ? {} : { key: stated.key }),
      ...(parent === undefined ? {} : { parentKey: parent }),
    });
    const quality = this.#context.quality?.table({
      name: table,
      namespace: options.namespace,
      child: parent !== undefined,
      declared: Object.keys(options.columns ?? {}).map((name) => normalizeIdentifier(name, Infinity)),
    });
    const context = this.#context;
    const writer = new TableWriter({ stream, table, options, shaper, context, exists: false, quality });
    if (existing !== undefined) await writer.adopt();
    return writer;
  }

  #noTable(stream: string): MillraceError {
    return new MillraceError(
      "MLR_PIPELINE_INVALID",
      `pipeline "${this.#pipeline.name}" has no table for stream "${stream}"`,
      {
        hint: `Name it: destination: ${this.#pipeline.destination.kind}().tables({ "${stream}": { … } })`,
        details: { stream },
      },
    );
  }

  /** Two streams in one table would overwrite and remove each other's rows. */
  #refuseShared(stream: string, table: string, namespace: string | undefined): void {
    for (const other of this.#writers.values()) {
      if (other.table !== table || other.namespace !== namespace) continue;
      throw new MillraceError(
        "MLR_SCHEMA_COLLISION",
        `streams "${other.stream}" and "${stream}" would both land in table "${table}"`,
        { hint: "Give one of them another table with the option name." },
      );
    }
  }

  /** A child that was not named goes to a table of its own beside its parent's, written in the same way. */
  #optionsFor(stream: string): ResolvedTableOptions | undefined {
    const { destination } = this.#pipeline;
    const options = destination.tableFor(stream);
    const parent = this.#declared.get(stream)?.parent?.stream;
    if (parent === undefined || parent === stream) return options;
    // A target of one table names the same one for every stream.
    const isParents = options?.name !== undefined && options.name === destination.tableFor(parent)?.name;
    const parents = this.#optionsFor(parent);
    if (parents === undefined || (options !== undefined && !isParents)) return options;
    const { namespace, mode, contract, removals, maxRemovedShare, snapshot } = parents;
    return {
      contract,
      removals,
      maxRemovedShare,
      ...(namespace === undefined ? {} : { namespace }),
      ...(mode === undefined ? {} : { mode }),
      ...(snapshot === undefined ? {} : { snapshot }),
    };
  }

  #tableName(stream: string, options: ResolvedTableOptions): string {
    const limit = this.#capabilities.identifiers.maxBytes - SUFFIX_BYTES;
    return options.name === undefined
      ? normalizeIdentifier(stream, limit)
      : limitIdentifier(options.name, limit);
  }
}

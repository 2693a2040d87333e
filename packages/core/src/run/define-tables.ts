import { systemClock } from "../clock.ts";
import type { Destination, Session } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import { RowHashing } from "../hash/row-hashing.ts";
import type { Pipeline } from "../pipeline.ts";
import type { SchemaChange } from "../schema/table.ts";
import type { ResolvedTableOptions } from "../table-options.ts";
import type { Environment } from "../target.ts";
import type { Attempts } from "./execute.ts";
import { HashedSession } from "./hashed-session.ts";
import { TableRouter } from "./table-router.ts";

/** What `defineTables` needs. */
export interface DefineTablesOptions {
  /** Whose tables. */
  readonly pipeline: Pipeline;
  /** What connectors may ask for: the default database and the project's folder. */
  readonly environment: Environment;
  /** UUID under which the work is noted in the destination. */
  readonly run: string;
  /** Where the attempt's number comes from: of the pipeline's lease. Not asked in a dry run. */
  readonly attempts: Attempts;
  /** Change nothing. Fails with MLR_ARGUMENT_INVALID where the destination cannot. */
  readonly dryRun?: boolean;
}

/** A table as `defineTables` left it. */
export interface DefinedTable {
  readonly stream: string;
  readonly table: string;
  readonly namespace?: string;
  /** `inferred`: it cannot be made yet, because its columns, its key or its mode are known only when rows come. */
  readonly state: "created" | "changed" | "unchanged" | "inferred";
  /** inferred: what is not declared. */
  readonly reason?: string;
  readonly changes: readonly SchemaChange[];
}

/**
 * Makes the tables of a pipeline ahead of any run, as far as their columns are declared, and widens those that are there.
 * Checkpoints, open readings and an unfinished run stay as they are. Whoever calls it holds the pipeline's lease.
 * Fails as opening the destination and defining the tables do.
 */
export async function defineTables(options: DefineTablesOptions): Promise<readonly DefinedTable[]> {
  const destination = await options.pipeline.destination.destination(options.environment);
  try {
    if (options.dryRun === true && !destination.capabilities.dryRun)
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `${destination.kind} cannot tell what it would do without doing it`,
      );
    const session = await open(destination, options);
    try {
      return await define(session, destination, options);
    } finally {
      await session.close();
    }
  } finally {
    await destination.close();
  }
}

async function open(destination: Destination, options: DefineTablesOptions): Promise<Session> {
  const { attempts, run, dryRun = false } = options;
  const pipeline = options.pipeline.name;
  if (dryRun) return destination.open({ pipeline, run, attempt: 0n }, { dryRun });
  const attempt = await attempts.next();
  try {
    return await destination.open({ pipeline, run, attempt });
  } catch (error) {
    // A new control database does not know how far an older one had counted.
    const stored =
      error instanceof MillraceError && error.code === "MLR_FENCED" ? error.details["attempt"] : undefined;
    if (typeof stored !== "string") throw error;
    return destination.open({ pipeline, run, attempt: await attempts.next(BigInt(stored)) });
  }
}

async function define(
  opened: Session,
  destination: Destination,
  { pipeline, run }: DefineTablesOptions,
): Promise<readonly DefinedTable[]> {
  const session = new HashedSession(opened);
  // Nothing is hashed, so that it starts no thread.
  const hashing = new RowHashing();
  let changes: SchemaChange[] = [];
  let sequence = 0;
  const router = new TableRouter({
    pipeline,
    session,
    hashing,
    capabilities: destination.capabilities,
    context: {
      session,
      run,
      maxIdentifierBytes: destination.capabilities.identifiers.maxBytes,
      nextSequence: () => ++sequence,
      nowMs: () => systemClock.now(),
      onSchema: (more) => void changes.push(...more),
    },
  });
  const defined: DefinedTable[] = [];
  for (const stream of pipeline.destination.streams ?? [pipeline.name]) {
    changes = [];
    defined.push(await defineOne(router, pipeline, stream, () => changes));
  }
  if (defined.some((each) => each.changes.length > 0)) await commit(opened);
  return defined;
}

async function defineOne(
  router: TableRouter,
  { destination }: Pipeline,
  stream: string,
  changes: () => readonly SchemaChange[],
): Promise<DefinedTable> {
  const options = destination.tableFor(stream);
  const unknown = whatIsUnknown(options);
  const writer = await router.of(stream);
  const existed = writer.defined;
  if (!existed && unknown === undefined) await writer.declare({ name: stream });
  const { table, namespace } = writer;
  const place = { stream, table, ...(namespace === undefined ? {} : { namespace }), changes: [...changes()] };
  if (existed) return { ...place, state: place.changes.length > 0 ? "changed" : "unchanged" };
  if (writer.defined) return { ...place, state: "created" };
  const untyped = options?.key?.filter((name) => options.columns?.[name] === undefined) ?? [];
  const reason = unknown ?? `the type of ${untyped.join(", ")} in its key is not declared`;
  return { ...place, state: "inferred", reason };
}

/** Why a table cannot be made before rows come. */
function whatIsUnknown(options: ResolvedTableOptions | undefined): string | undefined {
  const { mode, key = [], columns = {} } = options ?? {};
  // A source may name a key, and then the mode is another one.
  if (mode === undefined && key.length === 0) return "neither a mode nor a key is given";
  return Object.keys(columns).length === 0 ? "no columns are declared" : undefined;
}

async function commit(session: Session): Promise<void> {
  const { lastCommit, run } = session.recovered;
  await session.commit({
    id: lastCommit + 1n,
    checkpoints: new Map(),
    begun: [],
    completed: [],
    taints: new Map(),
    discarded: [],
    counts: {},
    // A run that was interrupted goes on later.
    final: run?.finished ?? true,
  });
}

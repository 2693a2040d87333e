import { randomUUID } from "node:crypto";
import type { Row } from "../row.ts";
import { childChecks } from "./contract/child-checks.ts";
import { epochChecks } from "./contract/epoch-checks.ts";
import { inspectChecks } from "./contract/inspect-checks.ts";
import { mergeChecks } from "./contract/merge-checks.ts";
import { normalizeRows } from "./contract/normalize-rows.ts";
import { randomChecks } from "./contract/random-checks.ts";
import { replaceChecks } from "./contract/replace-checks.ts";
import { snapshotChecks } from "./contract/snapshot-checks.ts";
import { partitionChecks } from "./contract/partition-checks.ts";
import { rowsChecks } from "./contract/rows-checks.ts";
import { schemaChecks } from "./contract/schema-checks.ts";
import { shareChecks } from "./contract/share-checks.ts";
import { stateChecks } from "./contract/state-checks.ts";
import { typeChecks } from "./contract/type-checks.ts";
import { verifyChecks } from "./contract/verify-checks.ts";
import { TestPipeline } from "./contract/test-pipeline.ts";
import type { WriteMode } from "../schema/table.ts";
import type { TableOptions } from "../table-options.ts";
import type {
  ContractContext,
  DestinationHarness,
  OpenWorldOptions,
  TestTools,
  World,
} from "./contract/tools.ts";

export type { DestinationHarness, TestTools } from "./contract/tools.ts";

/** What is to be tested, and with what. */
export interface DestinationContractOptions extends TestTools {
  /** For the titles. */
  readonly name: string;
  /** The modes that it has, as its capabilities tell; tests of others are left out. Default all of them. */
  readonly modes?: readonly WriteMode[];
  /** A destination with nothing in it; called once per test. */
  create(): Promise<DestinationHarness>;
}

const MODES: readonly WriteMode[] = ["append", "replace", "upsert", "merge", "snapshot"];

/** Registers the tests that every destination has to pass: what docs/architecture.md binds a Session to. */
export function destinationContract(options: DestinationContractOptions): void {
  const { name, describe, it, expect, modes = MODES } = options;
  const check: ContractContext["check"] = (title, body, needs) => {
    if (needs !== undefined && !modes.includes(needs)) return;
    it(title, async () => {
      const harness = await options.create();
      const opened: TestPipeline[] = [];
      try {
        await body(worldOf(harness, opened, options));
      } finally {
        for (const pipeline of opened) await pipeline.close().catch(() => undefined);
        await harness.destination.close();
        await harness.close?.();
      }
    });
  };
  const merges = modes.includes("merge");
  const plain: TableOptions = merges ? { key: ["id"], mode: "merge" } : { mode: "append" };
  const context: ContractContext = { describe, it, expect, check, modes, plain };
  const mergeGroups = [
    ["merge", mergeChecks],
    ["epochs", epochChecks],
    ["removal share", shareChecks],
    ["child tables", childChecks],
    ["random work", randomChecks],
  ] as const;
  describe(`${name}: a destination`, () => {
    describe("state", () => stateChecks(context));
    describe("append and upsert", () => rowsChecks(context));
    if (merges) for (const [title, checks] of mergeGroups) describe(title, () => checks(context));
    if (modes.includes("replace")) describe("replace", () => replaceChecks(context));
    if (modes.includes("snapshot")) describe("snapshot", () => snapshotChecks(context));
    describe("partitions", () => partitionChecks(context));
    describe("schema", () => schemaChecks(context));
    describe("types", () => typeChecks(context));
    describe("checks within a commit", () => verifyChecks(context));
    describe("inspection and dry runs", () => inspectChecks(context));
  });
}

function worldOf(harness: DestinationHarness, opened: TestPipeline[], { expect }: TestTools): World {
  const { destination } = harness;
  let attempts = 0n;
  const open = async (options: OpenWorldOptions = {}): Promise<TestPipeline> => {
    const { pipeline = "pipeline", tablesOf, attempt = ++attempts, run = randomUUID(), ...how } = options;
    if (attempt > attempts) attempts = attempt;
    const session = await destination.open(
      { pipeline, attempt, run, ...(tablesOf === undefined ? {} : { tablesOf }) },
      how,
    );
    const opening = new TestPipeline({ destination, session, run, attempt });
    opened.push(opening);
    return opening;
  };
  const rows = async (table = "t"): Promise<readonly Row[]> => normalizeRows(await harness.rows(table));
  const expectRows = async (expected: readonly Row[], table = "t"): Promise<void> =>
    expect(await rows(table), `rows of ${table}`).toEqual(normalizeRows(expected));
  return { destination, harness, open, rows, expectRows };
}

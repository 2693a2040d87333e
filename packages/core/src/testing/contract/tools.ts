import type { Destination } from "../../destination.ts";
import type { Row } from "../../row.ts";
import type { WriteMode } from "../../schema/table.ts";
import type { TableOptions } from "../../table-options.ts";
import type { TestPipeline } from "./test-pipeline.ts";

/** What a test runner lends, as Vitest has it: `{ describe, it, expect }`. */
export interface TestTools {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
  expect(actual: unknown, message?: string): Expectation;
}

/** The assertions that the contracts use. */
export interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
}

/** One destination with nothing in it, for one test. */
export interface DestinationHarness {
  readonly destination: Destination;
  /** The live rows of a table in storage form: the user's columns alone, nulls left out or null, in any order; [] where there is no such table. */
  rows(table: string): Promise<readonly Row[]>;
  /** Changes values (in storage form) of the rows with this key behind the destination's back. Absent: not tested. */
  tamper?(table: string, key: Row, values: Row): Promise<void>;
  /** Closes what `create` opened besides the destination. */
  close?(): Promise<void>;
}

/** What each group of contract tests is given. */
export interface ContractContext extends TestTools {
  /** Registers a test with a destination of its own; one that needs a mode only where the destination has it. */
  check(name: string, body: (world: World) => Promise<void>, needs?: WriteMode): void;
  /** The modes that the destination has. */
  readonly modes: readonly WriteMode[];
  /** Options of a table where the mode does not matter: merge by `id`, or append where there is no merge. */
  readonly plain: TableOptions;
}

/** A destination under test, with ways to write to it. */
export interface World {
  readonly destination: Destination;
  readonly harness: DestinationHarness;
  /** Opens a session, with an attempt higher than those before unless one is given. */
  open(options?: OpenWorldOptions): Promise<TestPipeline>;
  /** The live rows of table `t` or another one, without nulls, in an order of their own. */
  rows(table?: string): Promise<readonly Row[]>;
  /** These and no others are the live rows, in any order. */
  expectRows(expected: readonly Row[], table?: string): Promise<void>;
}

/** How a session is opened. */
export interface OpenWorldOptions {
  /** Default `pipeline`. */
  readonly pipeline?: string;
  /** See `Owner.tablesOf`. */
  readonly tablesOf?: string;
  readonly attempt?: bigint;
  /** Default a new one. */
  readonly run?: string;
  readonly full?: boolean;
  readonly dryRun?: boolean;
}

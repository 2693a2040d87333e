import type { DatabaseAccess, Clock, SecretAccess } from "@millrace/core";
import type { Reading } from "./reading.ts";
import type { Variable } from "./variable.ts";

/** What a reader may use from when it is opened to when it is closed. */
export interface ReaderContext extends Partial<DatabaseAccess>, Partial<SecretAccess> {
  readonly clock: Clock;
  /** The project's folder, absolute: relative paths start here. */
  readonly directory: string;
  /** A setting of a connector's own by its name. Absent: there are none. */
  setting?(name: string): string | undefined;
  /** Says something to whoever watches. */
  log(level: "debug" | "info" | "warn", message: string): void;
}

/** What one call of `read` is given. */
export interface ReadOptions {
  /** Aborted when the reading took too long, or the collector is closed. */
  readonly signal: AbortSignal;
  /** The connection that `connectionOf` named. */
  readonly connection: string;
}

/** How a reader's connection is. */
export interface ReaderStatus {
  /** Where it leads, without secrets. */
  readonly location: string;
  readonly state: "connected" | "connecting" | "disconnected";
  /** Counts of the reader's own, such as `requests`, `lateReplies`. */
  readonly counts?: Readonly<Record<string, number>>;
  /** What went wrong last. */
  readonly lastError?: string;
}

/**
 * Reads values of variables from one kind of equipment. Each reader (and each of its connections) has a task of its own, so a
 * slow one delays no other; `read` is never called again for a connection before the last call is over.
 */
export interface SamplingReader {
  /** What variables call it by: `modbus`. */
  readonly name: string;
  /** The equipment must not be asked more often than this for one variable; wins over the minimum of contexts. Default: the context's. */
  readonly minIntervalMs?: number;
  /** Tells whether an address can be read, without connecting: throws MLR_ARGUMENT_INVALID. */
  check?(variable: Variable): void;
  /** Names the connection that a variable needs, where the reader has several. Each gets a task of its own. Default: one for all. */
  connectionOf?(variable: Variable): string;
  /** Called once before the first reading. What needs the network may as well connect in `read`, and again after failures. */
  open?(context: ReaderContext): Promise<void> | void;
  /** Called when the variables that are wanted change, for readers that subscribe instead of asking. */
  watch?(variables: readonly Variable[]): void;
  /**
   * One reading for each variable, in their order. A variable that cannot be read is a reading of bad quality with a code;
   * an error that is thrown makes all of them bad. The same array comes again as long as the schedule stays the same, so what is
   * prepared for it may be kept (WeakMap).
   */
  read(variables: readonly Variable[], options: ReadOptions): Promise<readonly Reading[]>;
  /** How its connections are. Default: not said. */
  status?(): readonly ReaderStatus[];
  /** Frees everything. Idempotent. */
  close?(): Promise<void>;
}

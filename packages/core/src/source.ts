import type { DatabaseAccess } from "./database/database-access.ts";
import type { DocumentLedger } from "./document-ledger.ts";
import type { Json } from "./json.ts";
import type { Epoch, Message, Receipt } from "./message.ts";
import type { PushedSource } from "./pushed/pushed-stream.ts";
import type { FileRead } from "./profile/read-file.ts";
import type { Row } from "./row.ts";
import type { SecretAccess } from "./secret.ts";

/** The part of a pipeline's data that a run is for, where it is not for all of it: what `millrace backfill` asks for. */
export interface RunPartition {
  /** Such as `2026-01-01`, or as it was named. */
  readonly name: string;
  /** First instant, ISO 8601 in UTC. Absent: the partition was named one by one. */
  readonly start?: string;
  /** The first instant after it. */
  readonly end?: string;
}

/** What a source is given when it is read. */
export interface ReadContext<Params = Readonly<Record<string, string>>> extends DatabaseAccess, SecretAccess {
  /** The last committed state of each slice: continue behind it. Empty on a first or full run. */
  readonly checkpoints: ReadonlyMap<string, Json>;
  /** Epochs that an interrupted run left open. Go on, or send `begin` again to start them over. */
  readonly openEpochs: readonly Epoch[];
  /** Aborted when the run is to stop: end the iteration soon, after a last checkpoint. */
  readonly signal: AbortSignal;
  /** The user asked to read everything again, whatever the checkpoints say. */
  readonly full: boolean;
  /** The user asked for this many rows at most (`--limit`): a source that can may end there, after a checkpoint. */
  readonly limit?: number;
  /** The user asked for what is newer than this (`--since`), in the source's own terms. */
  readonly since?: string;
  /**
   * Only this part is wanted. Checkpoints and open epochs are those of the partition; nothing is removed but in scopes that
   * the source declares. Absent: all of it.
   */
  readonly partition?: RunPartition;
  /**
   * `everything`: the destination compares with what it holds (merge, replace, snapshot), so a reading that is to remove
   * has to be whole. `news`: it only adds (append, upsert), so what was read before is not wanted again.
   */
  readonly wants: "everything" | "news";
  /** Rows that come again land once (every mode but append): what may have been missed can be read twice. Default false. */
  readonly idempotent?: boolean;
  /** Formats of `encoded` messages that may go through to the destination as they are. Default: none, so that rows are wanted. */
  readonly encodings?: readonly string[];
  /** Tells versions of the pipeline's code apart, where its file is known: what was skipped as unchanged may come out otherwise now. */
  readonly codeVersion?: string;
  /** Values given with `--param`, or the defaults; as the pipeline's schema makes them, where it has one. */
  readonly params: Params;
  /** Name of the pipeline; absent where a source is read by itself. */
  readonly pipeline?: string;
  /** The project's folder, absolute: relative paths start here. */
  readonly directory: string;
  /** Where Millrace keeps what is the project's own, absolute. Absent: `.millrace` in `directory`. */
  readonly dataDirectory?: string;
  /** A setting of a connector's own by its name, such as AWS_REGION: from the environment or the project's `.env`. Absent: there are none. */
  setting?(name: string): string | undefined;
  /** Says something to whoever watches the run. */
  log(level: "debug" | "info" | "warn", message: string, details?: Record<string, Json>): void;
  /**
   * Says how the source does, for whoever watches it: the whole of it each time, of which the latest is shown. Told on at
   * most once a second for each kind. Absent: nobody watches.
   * @param kind what the status is of, such as `collector` or `sampling`
   */
  status?(kind: string, status: Json): void;
  /** Says that a file was read to its end, for the run's record. Absent: nobody keeps one. */
  file?(file: FileRead): void;
  /** Says that an alarm begins, changes or is over; the notification rules decide who is told. Absent: nobody is. */
  alarm?(alarm: SourceAlarm): void;
  /** Where a source of documents tells what becomes of them. Absent: nobody looks at them, and nobody decides. */
  readonly documents?: DocumentLedger;
}

/** Something at the source that people should know of, such as a value beyond its limit. */
export interface SourceAlarm {
  /** The same for all that is told of one alarm. */
  readonly alarm: string;
  readonly severity: "warning" | "critical";
  /** What is wrong, or well again, for people. */
  readonly message: string;
  /** It is over. */
  readonly over: boolean;
}

/** What a running source is asked to do. */
export interface SourceCommand {
  /** A word of the source's own, such as `restart`. */
  readonly name: string;
  /** By name; what the source does not know it refuses. */
  readonly args: Readonly<Record<string, Json>>;
}

/** Where rows come from. Written as an object with `read`, most often through a connector's function. */
export interface Source<R extends Row = Row> {
  /** A word for people, such as `csv`. */
  readonly kind?: string;
  /** True for a source that only ends when it is stopped. Default false. */
  readonly endless?: boolean;
  /** True for a source that declares keys for its streams, so that tables without a mode are merged. Default false. */
  readonly keyed?: boolean;
  /** Its rows come through the ingestion service, which knows the stream by this. Default: they are read. */
  readonly pushed?: PushedSource;
  read(context: ReadContext): AsyncIterable<Message<R>>;
  /** Called after each durable commit; after a crash the same receipts may come again. */
  committed?(receipts: readonly Receipt[]): void;
  /**
   * Carries out a command while it is read, and answers. Fails with MLR_ARGUMENT_INVALID for one that it does not know.
   * Absent: it takes none.
   */
  control?(command: SourceCommand): Promise<Json>;
  /** Called once when the run is over: frees what was kept from one reading to the next. */
  close?(): Promise<void>;
}

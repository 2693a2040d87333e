import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findPackageJSON } from "node:module";
import type { Json, Message, ReadContext, RejectedInput, Row, Source } from "@millrace/core";
import { readContext } from "@millrace/core/testing";

/** The folder of the data sets that the package vega-datasets has. */
export const VEGA = path.join(path.dirname(findPackageJSON("vega-datasets", import.meta.url) ?? ""), "data");

/** Everything a source said in one reading. */
export interface Collected {
  readonly messages: Message[];
  readonly rows: Row[];
  /** File and line of each row. */
  readonly places: string[];
  readonly rejected: RejectedInput[];
  /** The states of the checkpoints, as they would come back from a destination. */
  readonly states: Json[];
  readonly logs: string[];
}

/** A context for tests, with what is not said at its simplest. */
export function testContext(over: Partial<ReadContext> = {}): ReadContext {
  return readContext(over);
}

/** Reads a source to its end, or until `stop` says so. */
export async function collect(
  source: Source,
  over: Partial<ReadContext> = {},
  stop: (message: Message) => boolean = () => false,
): Promise<Collected> {
  const logs: string[] = [];
  const all: Collected = { messages: [], rows: [], places: [], rejected: [], states: [], logs };
  const context = testContext({ log: (level, message) => logs.push(`${level}: ${message}`), ...over });
  for await (const message of source.read(context)) {
    all.messages.push(message);
    if (message.type === "rows") {
      all.rows.push(...message.rows);
      const { file, line, lines } = message.position ?? {};
      for (const index of message.rows.keys())
        all.places.push(`${file}:${lines?.[index] ?? (line ?? 0) + index}`);
      all.rejected.push(...(message.rejected ?? []));
    }
    if (message.type === "checkpoint") all.states.push(JSON.parse(JSON.stringify(message.state)) as Json);
    if (stop(message)) break;
  }
  return all;
}

/** The checkpoints of a state, as a context has them. */
export function resumeFrom(state: Json | undefined): Pick<ReadContext, "checkpoints"> {
  return { checkpoints: new Map(state === undefined ? [] : [["files", state]]) };
}

/** The epoch that an interrupted reading of `stream` leaves open. */
export function openEpoch(stream: string): ReadContext["openEpochs"] {
  return [{ id: "1", stream, taints: [] }];
}

/** An empty folder that is deleted when the returned object is disposed of. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), "millrace-test-"));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

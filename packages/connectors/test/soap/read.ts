import {
  parseOptions,
  resolveSecrets,
  type Clock,
  type Json,
  type Message,
  type ReadContext,
  type RejectedInput,
  type Row,
} from "@millrace/core";
import { readContext } from "@millrace/core/testing";
import { soapOptions, type SoapOptions } from "../../src/soap/options.ts";
import { readSoap } from "../../src/soap/read/read-soap.ts";
import { hurriedClock } from "../http/read.ts";

/** What reading gave. */
export interface SoapReading {
  readonly messages: Message[];
  readonly rows: Row[];
  readonly rejected: RejectedInput[];
  readonly logs: string[];
  /** Last state of each slice. */
  readonly checkpoints: Map<string, Json>;
}

/** Reads a source to its end, as the engine would; waits take no time. */
export async function readAll(
  options: SoapOptions,
  context: Partial<ReadContext> & { readonly clock?: Clock } = {},
): Promise<SoapReading> {
  const { clock = hurriedClock(Date.now()), ...rest } = context;
  const reading: SoapReading = { messages: [], rows: [], rejected: [], logs: [], checkpoints: new Map() };
  const whole = readContext({
    directory: import.meta.dirname,
    idempotent: true,
    log: (_level, message) => void reading.logs.push(message),
    ...rest,
  });
  const parsed = await resolveSecrets(parseOptions(soapOptions, options, "soap()"), {});
  for await (const message of readSoap(parsed, whole, clock)) {
    reading.messages.push(message);
    if (message.type === "rows") {
      reading.rows.push(...message.rows);
      reading.rejected.push(...(message.rejected ?? []));
    }
    if (message.type === "checkpoint") reading.checkpoints.set(message.slice, message.state);
  }
  return reading;
}

import { readFileSync } from "node:fs";
import type { ControlEvent } from "../model/control-event.ts";
import type { Parser, ParseContext } from "../model/mapping.ts";
import type { MarketEventKind, MarketEvents } from "../model/market-event.ts";
import { type SymbolForm, Symbols } from "../model/symbols.ts";
import { type CaptureLine, readCapture } from "../replay/capture.ts";

/** What a parser said of a capture. */
export interface Collected {
  readonly events: { readonly [K in MarketEventKind]?: MarketEvents[K][] };
  readonly controls: ControlEvent[];
  readonly lines: readonly CaptureLine[];
}

/** Parses all messages that were received in a capture. */
export function collect(
  file: string | URL,
  { form, socket, parser }: { form: SymbolForm; socket: string; parser: (context: ParseContext) => Parser },
): Collected {
  const lines = readCapture(readFileSync(file, "utf8"));
  const { events, controls, parse } = collector({ form, socket, parser });
  for (const line of lines) if (line.kind === "received") parse(line.text, Math.round(line.at * 1e6));
  return { events, controls, lines };
}

/** A parser, and what it says. */
export function collector({
  form,
  socket,
  parser,
  raw = false,
}: {
  form: SymbolForm;
  socket: string;
  parser: (context: ParseContext) => Parser;
  raw?: boolean;
}): Omit<Collected, "lines"> & { parse: Parser } {
  const events: Record<string, unknown[]> = {};
  const controls: ControlEvent[] = [];
  const parse = parser({
    symbols: new Symbols(form),
    socket,
    raw,
    emit: (kind, event) => {
      (events[kind] ??= []).push(event);
    },
    control: (event) => void controls.push(event),
  });
  return { events, controls, parse };
}

import { type Fields, maybeDecimal, text } from "../model/fields.ts";
import type { Instrument } from "../model/market-event.ts";
import type { Symbols } from "../model/symbols.ts";

const KINDS: Readonly<Record<string, Instrument["kind"]>> = {
  SPOT: "spot",
  MARGIN: "spot",
  SWAP: "perpetual",
  FUTURES: "future",
  OPTION: "option",
};

/** An instrument, of the channel and of the REST list alike. */
export function instrumentFields(fields: Fields, symbols: Symbols): Omit<Instrument, "received_at"> {
  const native = text(fields["instId"], "instId");
  const [base = "", quote = ""] = native.split("-");
  const size = maybeDecimal(fields["ctVal"], "ctVal");
  return {
    exchange: "okx",
    symbol: symbols.normal(native),
    exchange_time: null,
    native,
    kind: KINDS[text(fields["instType"], "instType")] ?? "spot",
    base,
    quote,
    tick_size: maybeDecimal(fields["tickSz"], "tickSz"),
    lot_size: maybeDecimal(fields["lotSz"], "lotSz"),
    contract_size: size,
    active: fields["state"] === undefined || fields["state"] === "live",
  };
}

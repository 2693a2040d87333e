import type { SymbolForm } from "../model/symbols.ts";

/** Coinbase: `BTC-USD`, and `BTC-PERP-INTX` for perpetual contracts, which are paid in USDC. */
export const coinbaseSymbols: SymbolForm = {
  toNative(symbol) {
    const perpetual = /^([A-Z0-9]+)-USDC-PERP$/.exec(symbol);
    return perpetual === null ? symbol : `${perpetual[1]}-PERP-INTX`;
  },
  toNormal(native) {
    const perpetual = /^([A-Z0-9]+)-PERP-INTX$/.exec(native);
    return perpetual === null ? native : `${perpetual[1]}-USDC-PERP`;
  },
};

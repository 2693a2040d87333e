/**
 * The normal form of instruments: `BASE-QUOTE` for spot, `BASE-QUOTE-PERP` for perpetual contracts, `BASE-QUOTE-YYMMDD` for
 * those that end on a day, with `-STRIKE-C` or `-STRIKE-P` behind it for options.
 */
export const NORMAL_SYMBOL = /^[A-Z0-9]+-[A-Z0-9]+(?:-PERP|-\d{6}(?:-\d+(?:\.\d+)?-[CP])?)?$/;

/** How an exchange writes instruments. */
export interface SymbolForm {
  /** The exchange's own name of `symbol`. */
  toNative(symbol: string): string;
  /** The normal form of the exchange's name. */
  toNormal(native: string): string;
}

/** Turns names of instruments both ways. Those that were asked for keep the name that they were asked for by. */
export class Symbols {
  readonly #form: SymbolForm;
  readonly #normal = new Map<string, string>();
  readonly #native = new Map<string, string>();

  constructor(form: SymbolForm) {
    this.#form = form;
  }

  /** The exchange's own name; also where `symbol` is that already. */
  native(symbol: string): string {
    let native = this.#native.get(symbol);
    if (native === undefined) {
      native = NORMAL_SYMBOL.test(symbol) ? this.#form.toNative(symbol) : symbol;
      this.#native.set(symbol, native);
      const normal = NORMAL_SYMBOL.test(symbol) ? symbol : this.#form.toNormal(native);
      if (!this.#normal.has(native)) this.#normal.set(native, normal);
    }
    return native;
  }

  /** The normal form. */
  normal(native: string): string {
    let normal = this.#normal.get(native);
    if (normal === undefined) {
      normal = this.#form.toNormal(native);
      this.#normal.set(native, normal);
    }
    return normal;
  }
}

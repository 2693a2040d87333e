import type { Anchor } from "./anchor.ts";
import { dateKind } from "./date-kind.ts";
import { after, below, near, type Field } from "./field.ts";
import { moneyKind, numberKind, percentKind } from "./number-kinds.ts";
import { codeKind, matchingKind, textKind } from "./text-kinds.ts";
import type { ValueKind } from "./value-kind.ts";

/** A kind of value that fields are made of: `near("Total", money)` and `money.near("Total")` are the same. */
export interface Kind extends ValueKind {
  /** The value right of an anchor, or else below it. */
  near(anchor: Anchor): Field;
  /** The value right of an anchor. */
  after(anchor: Anchor): Field;
  /** The value below an anchor. */
  below(anchor: Anchor): Field;
}

/** An amount of money: "37499.96" of `€ 37,499.96`. */
export const money = kind(moneyKind);
/** A number as decimal text. */
export const number = kind(numberKind);
/** A share: "19" of `19 %`. */
export const percent = kind(percentKind);
/** A day as YYYY-MM-DD. */
export const date = kind(dateKind);
/** Text up to the next gap. */
export const text = kind(textKind);
/** One word with a digit in it, such as the number of an invoice. */
export const code = kind(codeKind);

/** What a regular expression says of the words that begin at a place; its first group is the value. */
export function matching(pattern: RegExp): Kind {
  return kind(matchingKind(pattern));
}

function kind(of: ValueKind): Kind {
  return {
    ...of,
    near: (anchor) => near(anchor, of),
    after: (anchor) => after(anchor, of),
    below: (anchor) => below(anchor, of),
  };
}

import type { Json, Row } from "@millrace/core";
import type { Field } from "./field.ts";

/**
 * What the page that linked here knew of it, see `follow.carry`.
 * @example first(css(".price", price), carried("price"))
 */
export function carried(name: string): Field {
  return { name: `carried("${name}")`, read: ({ page }) => page.carried[name] ?? null };
}

/**
 * Where what the linking page said differs from the fields before this one: `{ price: { card: "100", page: "90" } }`; null
 * where they agree. What one of both does not say is no difference.
 */
export function differences(): Field {
  return {
    name: "differences()",
    type: "json",
    read: ({ page, row }) => {
      const found = Object.entries(page.carried).filter(([name, value]) => differs(row, name, value));
      if (found.length === 0) return null;
      return Object.fromEntries(found.map(([name, card]) => [name, { card, page: row[name] }]));
    },
  };
}

function differs(row: Row, name: string, card: Json): boolean {
  const own: unknown = row[name] ?? null;
  return own !== null && card !== null && JSON.stringify(own) !== JSON.stringify(card);
}

import { RowCollector, type Batch, type ColumnDefinition, type Row, type Transform } from "@millrace/core";
import type { z } from "zod";
import { findWith } from "./find-entities.ts";
import { htmlText, looksLikeHtml } from "./html-text.ts";
import type { entitiesOptions } from "./options.ts";

type Options = z.output<typeof entitiesOptions>;

/** The transform of `entities()`, with options that are checked. */
export function entitiesTransform({ column, into, html, maxLength, ...finding }: Options): Transform {
  const settled = withJsonColumn(into);
  const textOf = (value: string): string =>
    html === true || (html === "auto" && looksLikeHtml(value)) ? htmlText(value) : value;
  return {
    kind: "entities",
    holds: "nothing",
    async apply(batch, context) {
      const out = new RowCollector(batch);
      for (const [index, row] of batch.rows.entries()) {
        context.signal.throwIfAborted();
        const value = Object.hasOwn(row, column) ? row[column] : undefined;
        if (value === undefined || value === null) {
          out.push(row, index);
          continue;
        }
        const wrong = unfit(value, maxLength);
        if (wrong === undefined) {
          const found = await findWith(textOf(value as string), finding);
          out.push({ ...row, [into]: found }, index);
        } else
          context.reject(row, { code: "MLR_ROW_INVALID", message: `entities: column "${column}" ${wrong}` });
      }
      return { ...out.batch(), ...settled(batch) };
    },
  };
}

/** Why a value has no text to look into. */
function unfit(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== "string") return `holds no text but a ${typeof value}`;
  if (value.length > maxLength) return `holds ${value.length} characters, more than maxLength (${maxLength})`;
  return undefined;
}

/** Adds the column to those that are settled. The same columns give the same object, by which the engine sees that nothing is new. */
function withJsonColumn(name: string): (batch: Batch<Row>) => Pick<Batch, "columns"> {
  const column: ColumnDefinition = { name, type: { kind: "json" } };
  const alone: readonly ColumnDefinition[] = [column];
  const known = new WeakMap<readonly ColumnDefinition[], readonly ColumnDefinition[]>();
  return ({ columns }) => {
    if (columns === undefined) return { columns: alone };
    const added = known.get(columns) ?? [...columns.filter((each) => each.name !== name), column];
    known.set(columns, added);
    return { columns: added };
  };
}

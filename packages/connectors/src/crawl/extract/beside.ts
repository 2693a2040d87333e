import type { Element } from "domhandler";
import { nextElementSibling } from "domutils";
import { compileSelector, selectAll, selectOne, type Within } from "../page/select.ts";
import { textOf } from "../page/text-of.ts";
import { text } from "./convert/text.ts";
import { type Convert, convertedField, type Field } from "./field.ts";

/** Where labels and values of a list of details are. */
export interface BesideOptions {
  /** Elements that hold labels, such as `td.table_left` or `dt`. */
  readonly labels: string;
  /** The value within the element after the label's; default: that element. */
  readonly value?: string;
}

/**
 * The value that stands beside a label, as in tables and lists of details.
 * @param label text of the label, one of several, or a pattern; a colon at its end does not matter.
 * @example beside(["實用面積", "Saleable Area"], { labels: "td.table_left", value: ".pairValue" }, squareFeet)
 */
export function beside(
  label: string | readonly string[] | RegExp,
  options: BesideOptions,
  convert: Convert = text,
): Field {
  const labels = compileSelector(options.labels);
  const value = options.value === undefined ? undefined : compileSelector(options.value);
  const fits = matcher(label);
  const shown = label instanceof RegExp ? String(label) : JSON.stringify(label);
  return convertedField(`beside(${shown})`, convert, ({ within }: { readonly within: Within }) => {
    const found = selectAll(labels, within).find((element) => fits(tidy(textOf(element))));
    const next: Element | null | undefined = found === undefined ? undefined : nextElementSibling(found);
    if (next === null || next === undefined) return null;
    const inner = value === undefined ? next : selectOne(value, next);
    return inner === undefined ? null : textOf(inner);
  });
}

function matcher(label: string | readonly string[] | RegExp): (found: string) => boolean {
  if (label instanceof RegExp) {
    const once = new RegExp(label.source, label.flags.replaceAll(/[gy]/g, ""));
    return (found) => once.test(found);
  }
  const wanted = new Set((typeof label === "string" ? [label] : label).map(tidy));
  return (found) => wanted.has(found);
}

function tidy(label: string): string {
  return label
    .replace(/[\s:：]+$/, "")
    .trim()
    .toLowerCase();
}

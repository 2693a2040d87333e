import type { DocumentText, DocumentType, ExtractedFields, FieldProblem, Word } from "millrace";

/** Numbers of invoices as the mill writes them. */
const NUMBER = /^R-\d{4}-\d{4}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MONEY = /^\d+\.\d{2}$/;

/** A row of words that stand beside each other. */
interface Line {
  readonly page: number;
  readonly words: readonly Word[];
}

/** Words in lines from top to bottom, whatever the order is in which they were read. */
function linesOf({ pages }: DocumentText): Line[] {
  return pages.flatMap(({ number, words }) => {
    const rows: Word[][] = [];
    for (const word of words.toSorted((a, b) => a.y0 - b.y0)) {
      const middle = (word.y0 + word.y1) / 2;
      const row = rows.find((each) => each.some(({ y0, y1 }) => middle > y0 && middle < y1));
      if (row === undefined) rows.push([word]);
      else row.push(word);
    }
    return rows.map((row) => ({ page: number, words: row.toSorted((a, b) => a.x0 - b.x0) }));
  });
}

/** The invoices of Old Weir Mill: number, date, customer, total, and a row for each item. */
export const invoice: DocumentType = {
  name: "invoice",
  matches: ({ pages }) => (pages.some(({ text }) => /\bINVOICE\b/.test(text)) ? 1 : 0),
  extract: (document) => {
    const lines = linesOf(document);
    const fields = {
      number: behind(lines, "number:", NUMBER),
      issued: behind(lines, "date:", DATE),
      customer: behind(lines, "Customer:"),
      total: behind(lines, "Total:", MONEY),
    };
    const items = itemsOf(lines);
    const problems: FieldProblem[] = Object.entries(fields)
      .filter(([, found]) => found === undefined)
      .map(([field]) => ({ field, code: "missing", message: `no ${field} was found` }));
    const sum = items.reduce((all, { amount }) => all + Math.round(Number(amount) * 100), 0);
    if (fields.total !== undefined && sum !== Math.round(Number(fields.total.value) * 100)) {
      problems.push({
        field: "total",
        code: "check",
        message: `the items sum up to ${(sum / 100).toFixed(2)}, not to ${fields.total.value}`,
      });
    }
    return result(fields, items, problems);
  },
};

interface Found {
  readonly value: string;
  readonly confidence: number;
  readonly page: number;
  readonly words: readonly Word[];
}

/** What stands behind a word on its line. */
function behind(lines: readonly Line[], label: string, pattern = /./): Found | undefined {
  for (const { page, words } of lines) {
    const at = words.findIndex(({ text }) => text === label);
    const rest = at < 0 ? [] : words.slice(at + 1);
    const value = rest.map(({ text }) => text).join(" ");
    if (pattern.test(value)) return { value, page, words: rest, confidence: least(rest) };
  }
  return undefined;
}

/** Lines that end in quantity, price and amount. */
function itemsOf(
  lines: readonly Line[],
): { item: string; quantity: string; price: string; amount: string }[] {
  return lines.flatMap(({ words }) => {
    const texts = words.map(({ text }) => text);
    const [quantity = "", price = "", amount = ""] = texts.slice(-3);
    if (!/^\d+$/.test(quantity) || !MONEY.test(price) || !MONEY.test(amount)) return [];
    return [{ item: texts.slice(0, -3).join(" "), quantity, price, amount }];
  });
}

/** Words of the file itself are sure. */
function least(words: readonly Word[]): number {
  return Math.min(1, ...words.map(({ confidence }) => confidence ?? 1));
}

function result(
  fields: Readonly<Record<string, Found | undefined>>,
  items: ReturnType<typeof itemsOf>,
  problems: readonly FieldProblem[],
): ExtractedFields {
  const found = Object.entries(fields).flatMap(([name, field]) =>
    field === undefined ? [] : [[name, field] as const],
  );
  const confidence = Math.min(...found.map(([, field]) => field.confidence), problems.length > 0 ? 0.5 : 1);
  return {
    values: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field?.value ?? null])),
    lines: { items },
    fieldConfidence: Object.fromEntries(found.map(([name, field]) => [name, field.confidence])),
    confidence,
    problems,
    places: Object.fromEntries(
      found.map(([name, { page, words, value }]) => [name, { page, box: around(words), raw: value }]),
    ),
  };
}

function around(words: readonly Word[]): { x0: number; y0: number; x1: number; y1: number } {
  return {
    x0: Math.min(...words.map(({ x0 }) => x0)),
    y0: Math.min(...words.map(({ y0 }) => y0)),
    x1: Math.max(...words.map(({ x1 }) => x1)),
    y1: Math.max(...words.map(({ y1 }) => y1)),
  };
}

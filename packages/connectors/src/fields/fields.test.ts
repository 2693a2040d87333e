import { describe, expect, test } from "vitest";
import type { DocumentText, PageText } from "../shared/document/document-text.ts";
import { textPage } from "../shared/document/text-pages.ts";
import {
  chooseType,
  code,
  date,
  documentType,
  extractFields,
  holds,
  matching,
  money,
  near,
  number,
  optional,
  search,
  percent,
  region,
  sums,
  table,
  text,
  type DocumentTypeOptions,
} from "./index.ts";

function documentOf(...pages: (string | PageText)[]): DocumentText {
  return {
    kind: "text",
    pages: pages.map((page, index) => ({
      ...(typeof page === "string" ? textPage(page) : page),
      number: index + 1,
    })),
    metadata: {},
    attachments: [],
  };
}

const INVOICE = `
ACME Tools Ltd                                    INVOICE

Invoice number: INV-2026/0815
Invoice date    31 January 2026                   Customer
Due date        14.02.2026                        Miller & Sons

Description              Qty     Unit price      Amount
Hammer, heavy              2          19.90       39.80
Box of nails            1000           0.05       50.00
  stainless
Saw                        1       1,200.25    1,200.25

                                Subtotal       1,290.05
                                VAT 19 %         245.11
                                Total        € 1,535.16
`;

const type = documentType("invoice", {
  match: "Invoice number",
  fields: {
    number: near("Invoice number", code),
    issued: date.after("Invoice date"),
    due: near(["Payable by", "Due date"], date),
    customer: text.below("Customer"),
    rate: near("VAT", percent),
    net: near("Subtotal", money),
    tax: near("VAT 19 %", money),
    total: near("Total", money),
    order: optional(near("Order", code)),
    lines: table({
      columns: {
        item: "Description",
        quantity: { header: "Qty", kind: number },
        price: { header: "Unit price", kind: money },
        amount: { header: "Amount", kind: money },
      },
    }),
  },
  checks: [sums("lines.amount", "net"), sums(["net", "tax"], "total")],
});

describe("a document", () => {
  test("gives its fields with places and confidence, and its lines", () => {
    const found = extractFields(type, documentOf(INVOICE));
    expect(found.problems).toEqual([]);
    expect(found.values).toEqual({
      number: "INV-2026/0815",
      issued: "2026-01-31",
      due: "2026-02-14",
      customer: "Miller & Sons",
      rate: "19",
      net: "1290.05",
      tax: "245.11",
      total: "1535.16",
      order: null,
    });
    expect(found.lines["lines"]).toEqual([
      { item: "Hammer, heavy", quantity: "2", price: "19.90", amount: "39.80" },
      { item: "Box of nails stainless", quantity: "1000", price: "0.05", amount: "50.00" },
      { item: "Saw", quantity: "1", price: "1200.25", amount: "1200.25" },
    ]);
    expect(found.confidence).toBeGreaterThan(0.85);
    expect(found.fieldConfidence["order"]).toBe(0);
    expect(found.places["total"]).toMatchObject({ page: 1, raw: "€ 1,535.16" });
  });

  test("whose lines do not add up is less sure, and says why", () => {
    const wrong = extractFields(type, documentOf(INVOICE.replace("       39.80", "       93.80")));
    expect(wrong.problems).toEqual([
      { code: "check", message: "lines.amount is 1344.05, and net is 1290.05" },
    ]);
    expect(wrong.confidence).toBeLessThan(0.55);
  });

  test("that lacks a field says so, and is not sure at all", () => {
    const found = extractFields(type, documentOf(INVOICE.replace(/Invoice date.*2026 /, "")));
    expect(found.problems).toMatchObject([{ field: "issued", code: "missing" }]);
    expect(found).toMatchObject({ values: { issued: null }, confidence: 0 });
  });

  test("goes on over pages where the header of the table is repeated", () => {
    const header = "Description      Qty   Unit price    Amount\n";
    const found = extractFields(
      documentType("t", { match: "x", fields: { lines: lineItems() } }),
      documentOf(
        `${header}Bolt             1         2.00      2.00\n`,
        `page 2\n\n${header}Nut              3         1.00      3.00\n\n\n\n\n\nthe end`,
      ),
    );
    expect(found.lines["lines"]).toMatchObject([{ item: "Bolt" }, { item: "Nut", amount: "3.00" }]);
  });

  test("that was recognised is found in spite of misread letters, less surely", () => {
    const page = textPage(INVOICE.replace("Invoice number", "lnvoice numbcr"));
    const words = page.words.map((word) => ({ ...word, confidence: 0.9 }));
    const found = extractFields(type, documentOf({ ...page, words }));
    expect(found.values["number"]).toBe("INV-2026/0815");
    expect(found.fieldConfidence["number"]).toBeCloseTo(0.85 * 0.9, 5);
    expect(found.fieldConfidence["total"]).toBeCloseTo(0.9, 5);
  });

  test("with two values that may be meant says so", () => {
    const found = extractFields(
      documentType("t", { match: "x", fields: { total: near("Total", money) } }),
      documentOf("Total 10.00\n\nTotal 12.00"),
    );
    expect(found.problems).toMatchObject([{ field: "total", code: "ambiguous" }]);
    expect(found.confidence).toBeLessThan(0.8);
  });

  test("is read by ruling lines where it has them", () => {
    const page = textPage("Item   Net\nLong   7.00\nname");
    // Two rows of two columns: the second row is two lines high.
    const rules = [0, 0, 66, 0, 0, 11, 66, 11, 0, 36, 66, 36, 0, 0, 0, 36, 40, 0, 40, 36, 66, 0, 66, 36];
    const found = extractFields(
      documentType("t", {
        match: "x",
        fields: { lines: table({ columns: { item: "Item", net: { header: "Net", kind: money } } }) },
      }),
      documentOf({ ...page, rules }),
    );
    expect(found.lines["lines"]).toEqual([{ item: "Long name", net: "7.00" }]);
  });
});

function lineItems(): DocumentTypeOptions["fields"][string] {
  return table({
    columns: {
      item: "Description",
      quantity: { header: "Qty", kind: number },
      price: { header: "Unit price", kind: money },
      amount: { header: "Amount", kind: money },
    },
  });
}

describe("fields", () => {
  const one = (
    source: string,
    field: DocumentTypeOptions["fields"][string],
    over: Partial<DocumentTypeOptions> = {},
  ): unknown =>
    extractFields(documentType("t", { match: "x", fields: { field }, ...over }), documentOf(source)).values[
      "field"
    ];

  test.each([
    ["Total 1.234,50 €", "1234.50"],
    ["Total 1,234.50", "1234.50"],
    ["Total EUR 12", "12"],
    ["Total -12.00", "-12.00"],
    ["Total (12.00)", "-12.00"],
    ["Total 12,50-", "-12.50"],
    ["Total 1 234,50 EUR", "1234.50"],
    ["Total CHF 1'234.50", "1234.50"],
    ["Total $0.00", "0.00"],
    ["Total .......... 7.00", "7.00"],
    ["Total due now: 7.00", "7.00"],
    ["Total 12.34.56", null],
    ["Total none", null],
  ])("of money: %s", (source, value) => {
    expect(one(source, near("Total", money))).toBe(value);
  });

  test("of numbers follow the notation of the document", () => {
    expect(one("Qty 1.234", near("Qty", number), { numbers: "en" })).toBe("1.234");
    expect(one("Qty 1.234", near("Qty", number), { numbers: "de" })).toBe("1234");
    expect(one("Qty 1,5", near("Qty", number), { numbers: "de" })).toBe("1.5");
  });

  test.each([
    ["2026-01-31", "2026-01-31"],
    ["31.01.2026", "2026-01-31"],
    ["01/31/2026", "2026-01-31"],
    ["31/01/2026", "2026-01-31"],
    ["31. Januar 2026", "2026-01-31"],
    ["January 31st, 2026", "2026-01-31"],
    ["3 März 2026", "2026-03-03"],
    ["31.1.26", "2026-01-31"],
    ["31.02.2026", null],
    ["99", null],
  ])("of dates: %s", (source, value) => {
    expect(one(`Date ${source}`, date.after("Date"))).toBe(value);
  });

  test("of dates that may be two are less sure unless the document says", () => {
    const dated = (dates: "auto" | "mdy") =>
      extractFields(
        documentType("t", { match: "x", fields: { d: date.after("Date") }, dates }),
        documentOf("Date 03/04/2026"),
      );
    expect(dated("auto")).toMatchObject({ values: { d: "2026-04-03" }, fieldConfidence: { d: 0.6 } });
    expect(dated("mdy")).toMatchObject({ values: { d: "2026-03-04" }, fieldConfidence: { d: 1 } });
  });

  test("stand below their anchor, in a region, or match an expression", () => {
    expect(one("Customer      Date\nMiller Ltd    2026-01-31", near("Date", date))).toBe("2026-01-31");
    expect(one("a\nb\n\nTotal 7.00", region({ x0: 0, y0: 0.6, x1: 1, y1: 1 }, money))).toBe("7.00");
    expect(one("IBAN DE89 3704 0044", search(/IBAN\s+([A-Z]{2}\d\d[\d ]+)/, text))).toBe("DE89 3704 0044");
    expect(one("VAT id DE 123456789 x", near("VAT id", matching(/([A-Z]{2} ?\d{9})/)))).toBe("DE 123456789");
    expect(one("Net 5.00\nSubtotal 6.00\nTotal 7.00", near(/^total/i, money))).toBe("7.00");
  });
});

describe("types", () => {
  test("are told apart by what they match", () => {
    const letter = documentType("letter", { match: ["Dear", "Yours"], fields: { a: near("a", text) } });
    const own = documentType("own", {
      match: ({ pages }) => pages.length / 10,
      fields: { a: near("a", text) },
    });
    expect(chooseType([letter, type, own], documentOf(INVOICE))?.type.name).toBe("invoice");
    expect(chooseType([letter, type], documentOf("Dear all"))).toMatchObject({ score: 0.5 });
    expect(chooseType([type], documentOf("nothing of it"))).toBeUndefined();
  });

  test("check what must hold by functions too, and refuse to be without fields", () => {
    const checked = documentType("t", {
      match: "x",
      fields: { total: near("Total", money) },
      checks: [holds("the total is negative", ({ values }) => !String(values["total"]).startsWith("-"))],
    });
    expect(checked.extract(documentOf("Total -7.00")).problems).toEqual([
      { code: "check", message: "the total is negative" },
    ]);
    expect(() => documentType("empty", { match: "x", fields: {} })).toThrow(/has no fields/);
  });
});

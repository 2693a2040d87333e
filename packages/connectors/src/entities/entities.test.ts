import { type Batch, lendSecrets, type Reason, type Row } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { spansOf } from "./engines/transformer.ts";
import { plainDecimal, scaled } from "./find/decimal.ts";
import { isIban } from "./identifiers/iban.ts";
import { isVat } from "./identifiers/vat.ts";
import { entities, type Entity, findEntities } from "./index.ts";

const RULES = { engines: [] } as const;
const brief = (found: readonly Entity[]): string[] =>
  found.map(
    ({ type, text, value, currency }) =>
      `${type} ${text} = ${value}${currency === undefined ? "" : ` ${currency}`}`,
  );

describe("identifiers", () => {
  test.each([
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
  ])("%s is an IBAN, and no longer one with another digit", (iban) => {
    expect(isIban(iban)).toBe(true);
    const last = iban.slice(-1);
    expect(isIban(iban.slice(0, -1) + (last === "1" ? "2" : "1"))).toBe(false);
    expect(isIban(`${iban}0`)).toBe(false);
  });

  test.each([
    "ATU13585627",
    "BE0428759497",
    "DE136695976",
    "DK13585628",
    "EE100931558",
    "ESB58378431",
    "ES54362315K",
    "FI20774740",
    "FR40303265045",
    "GB980780684",
    "IT00743110157",
    "LU15027442",
    "NL004495445B01",
    "PL8567346215",
    "PT501964843",
    "SE123456789701",
  ])("%s is a VAT number, and no longer one with another digit", (vat) => {
    expect(isVat(vat)).toBe(true);
    const digits = Array.from(vat);
    digits[5] = String((Number(digits[5]) + 1) % 10);
    expect(isVat(digits.join(""))).toBe(false);
  });

  test("are found in the middle of a text, with the words around them left out", async () => {
    const text = "IBAN: DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX, VAT DE 136 695 976 24 pieces";
    expect(brief(await findEntities(text, { ...RULES, types: ["iban", "vat"] }))).toEqual([
      "iban DE89 3704 0044 0532 0130 00 = DE89370400440532013000",
      "vat DE 136 695 976 = DE136695976",
    ]);
  });

  test("with wrong check digits are not found", async () => {
    const text = "DE89 3704 0044 0532 0130 01, ATU13585628, SIREN 303 265 046, 5493001KJTIIGC8Y1R13";
    expect(await findEntities(text, { ...RULES, types: ["iban", "vat", "company_number"] })).toEqual([]);
  });
});

describe("numbers", () => {
  test.each([
    ["1.234,50", "de", "1234.5"],
    ["1,234.50", "en", "1234.5"],
    ["1.234", "de", "1234"],
    ["1.234", "en", "1.234"],
    ["1,234", "de", "1.234"],
    ["1 234 567", "en", "1234567"],
    ["2'500.00", "de", "2500"],
    ["0,50", "de", "0.5"],
    ["0.125", "de", "0.125"],
    ["007", "en", "7"],
  ] as const)("%s in %s is %s", (written, language, value) => {
    expect(plainDecimal(written, language)).toBe(value);
  });

  test("are multiplied by words without rounding", () => {
    expect(scaled("3.2", "Mrd.", "de")).toBe("3200000000");
    expect(scaled("0.1", "million", "en")).toBe("100000");
    expect(scaled("1", "Billion", "de")).toBe("1000000000000");
    expect(scaled("1", "billion", "en")).toBe("1000000000");
  });

  test("of houses, phones, times and postal codes are none", async () => {
    const text = "Hafenstraße 12, 20457 Hamburg, Tel. 040 123456-78, 14:30 Uhr, Version 2.1.3, Seite 7";
    expect(await findEntities(text, { ...RULES, language: "de", types: ["number"] })).toEqual([]);
  });
});

describe("dates", () => {
  test("are read in the order that is said, unless only the other makes a date", async () => {
    const text = "03/04/2026 and 12/31/2025";
    const values = async (dateOrder: "dmy" | "mdy"): Promise<string[]> =>
      (await findEntities(text, { ...RULES, dateOrder })).map(({ value }) => value);
    expect(await values("dmy")).toEqual(["2026-04-03", "2025-12-31"]);
    expect(await values("mdy")).toEqual(["2026-03-04", "2025-12-31"]);
  });

  test("that no calendar has are none", async () => {
    expect(await findEntities("31.02.2026, 2026-13-01", { ...RULES, types: ["date"] })).toEqual([]);
    expect(brief(await findEntities("29. Februar", { ...RULES, types: ["date"] }))).toEqual([
      "date 29. Februar = --02-29",
    ]);
  });
});

describe("findEntities()", () => {
  test("gives spans of the text, in its order, that do not overlap", async () => {
    const text =
      "Frau Dr. Anna Petersen von der Nordlicht Bank GmbH in Hamburg zahlte am 3. Mai 2026 1.250,00 €.";
    const found = await findEntities(text, RULES);
    expect(brief(found)).toEqual([
      "person Anna Petersen = Anna Petersen",
      "organisation Nordlicht Bank GmbH = Nordlicht Bank GmbH",
      "place Hamburg = Hamburg",
      "date 3. Mai 2026 = 2026-05-03",
      "money 1.250,00 € = 1250 EUR",
    ]);
    for (const { text: found1, start, end } of found) expect(text.slice(start, end)).toBe(found1);
  });

  test("finds amounts in words and people without a known first name in English texts by the packages", async () => {
    const found = await findEntities("It cost Sheila Kowalczyk five million dollars.", { language: "en" });
    expect(brief(found)).toEqual([
      "person Sheila Kowalczyk = Sheila Kowalczyk",
      "money five million dollars = 5000000 USD",
    ]);
  });

  test("finds in a long text what stands at its end, with the place in the whole text", async () => {
    const text = `${"Nothing of note here. ".repeat(5000)}Paid on 2026-03-05.`;
    expect(await findEntities(text, RULES)).toMatchObject([
      { type: "date", start: text.length - 11, end: text.length - 1, value: "2026-03-05" },
    ]);
  });

  test("looks for nothing else than asked, but takes no date for a number", async () => {
    const text = "On 5 March 2026 we sold 12 pumps to anna@example.com.";
    expect(brief(await findEntities(text, { ...RULES, types: ["number"] }))).toEqual(["number 12 = 12"]);
  });

  test.each([
    ["", []],
    ["\u0000\uD800 <<<>>> ((((", []],
    ["€".repeat(5000), []],
  ])("takes texts with nothing in them", async (text, expected) => {
    expect(await findEntities(text)).toEqual(expected);
  });

  test("is done in time with texts that are made to take long", async () => {
    const texts = [
      "A ".repeat(20_000),
      "1.".repeat(20_000),
      "a@".repeat(20_000),
      `${"1 ".repeat(20_000)}€`,
      "CHE1".repeat(10_000),
      "DE1 ".repeat(10_000),
      `${"University ".repeat(4_000)}`,
    ];
    const began = performance.now();
    for (const text of texts) await findEntities(text, RULES);
    // Quadratic matching would take minutes.
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test("refuses options that it does not have", async () => {
    await expect(findEntities("", { language: "fr" } as never)).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
    await expect(findEntities("", { typs: [] } as never)).rejects.toMatchObject({
      code: "MLR_OPTION_UNKNOWN",
    });
  });

  test("says what is missing where the model's folder holds none", async () => {
    await expect(findEntities("x", { transformer: { model: "no-such-model" } })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      message: expect.stringMatching(/no-such-model has no config\.json/),
    });
  });
});

test("pieces of a model's tokens become spans of the text", () => {
  const text = "Anna Petersen works for Nordlicht, Kiel.";
  const token = (entity: string, word: string, score = 0.9) => ({ entity, word, score });
  const tokens = [
    token("B-PER", "Anna"),
    token("I-PER", "Peter", 0.8),
    token("I-PER", "##sen", 1),
    token("B-ORG", "Nord"),
    token("I-ORG", "##licht"),
    token("B-LOC", "Kiel"),
  ];
  expect(
    spansOf(text, tokens).map(({ type, start, end, value }) => [type, text.slice(start, end), value]),
  ).toEqual([
    ["person", "Anna Petersen", "Anna Petersen"],
    ["organisation", "Nordlicht", "Nordlicht"],
    ["place", "Kiel", "Kiel"],
  ]);
});

describe("entities()", () => {
  const rowsOf = async (rows: readonly Row[], options: object = {}) => {
    const rejected: { readonly row: Row; readonly reason: Reason }[] = [];
    const batch = await entities({ column: "body", ...RULES, ...options }).apply(
      { stream: "t", rows },
      {
        signal: new AbortController().signal,
        reject: (row, reason) => rejected.push({ row, reason }),
        database: () => Promise.reject(new Error("the test lends no database")),
        ...lendSecrets({}),
      },
    );
    return { batches: [batch as Batch], rejected };
  };

  test("puts what it finds into a JSON column, and leaves rows without text as they are", async () => {
    const { batches } = await rowsOf([
      { id: 1, body: "Paid €5 to a@b.example" },
      { id: 2 },
      { id: 3, body: null },
    ]);
    const [batch] = batches;
    expect(batch?.columns).toEqual([{ name: "entities", type: { kind: "json" } }]);
    expect(batch?.rows).toMatchObject([
      {
        id: 1,
        entities: [
          { type: "money", value: "5", currency: "EUR" },
          { type: "email", value: "a@b.example" },
        ],
      },
      { id: 2 },
      { id: 3, body: null },
    ]);
    expect(batch?.rows[1]).not.toHaveProperty("entities");
  });

  test("reads HTML as people see it", async () => {
    const html =
      "<html><head><title>9 May 2020</title><script>var a = '1.1.2021'</script></head><body><p>Anna <b>Petersen</b></p><table><tr><td>Total</td><td>12&nbsp;&euro;</td></tr></table></body></html>";
    const { batches } = await rowsOf([{ body: html }]);
    expect(brief(batches[0]?.rows[0]?.["entities"] as Entity[])).toEqual([
      "person Anna Petersen = Anna Petersen",
      "money 12 € = 12 EUR",
    ]);
  });

  test("rejects values that are no text, or too long", async () => {
    const { batches, rejected } = await rowsOf([{ body: 5 }, { body: "x".repeat(11) }, { body: "ok" }], {
      maxLength: 10,
    });
    expect(batches[0]?.rows).toHaveLength(1);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      { code: "MLR_ROW_INVALID", message: 'entities: column "body" holds no text but a number' },
      {
        code: "MLR_ROW_INVALID",
        message: 'entities: column "body" holds 11 characters, more than maxLength (10)',
      },
    ]);
  });
});

import { describe, expect, test } from "vitest";
import { parseTsv } from "../shared/document/ocr/engines/parse-tsv.ts";
import { wordsOfLines } from "../shared/document/ocr/engines/paddle.ts";
import { Slots } from "../shared/document/ocr/engines/slots.ts";
import { findSkew, otsuThreshold } from "../shared/document/ocr/prepare/skew.ts";
import { repairNumber } from "./index.ts";

describe("numbers", () => {
  test.each([
    ["37.499.96", "en", "37,499.96"],
    ["37.499.96", "de", "37.499,96"],
    ["€1,234.567.89", "en", "€1,234,567.89"],
    ["1.234,567,89", "de", "1.234.567,89"],
    ["1,O00.00", "en", "1,000.00"],
    ["l2.50", "en", "12.50"],
    ["1.234.567", "en", "1,234,567"],
    ["(7,500,25),", "en", "(7,500.25),"],
  ] as const)("that were misread are repaired: %s in %s", (from, locale, to) => {
    expect(repairNumber(from, locale)).toBe(to);
  });

  test.each([
    "37,499.96",
    "37.499",
    "1.2.3",
    "192.168.10.1",
    "2026.01.31",
    "Bolt",
    "IBAN",
    "SO",
    "B8",
    "12",
    "...",
  ])("that are right, or no numbers, or could be either stay: %s", (text) => {
    expect(repairNumber(text, "en")).toBe(text);
  });
});

describe("what engines write", () => {
  test("becomes words with boxes and confidence, line by line", () => {
    const row = (...cells: (string | number)[]): string => cells.join("\t");
    const tsv = [
      row(
        "level",
        "page_num",
        "block_num",
        "par_num",
        "line_num",
        "word_num",
        "left",
        "top",
        "width",
        "height",
        "conf",
        "text",
      ),
      row(4, 1, 1, 1, 1, 0, 10, 20, 100, 12, -1, ""),
      row(5, 1, 1, 1, 1, 1, 10, 20, 30, 12, 96.5, "Total"),
      row(5, 1, 1, 1, 1, 2, 50, 20, 30, 12, 80, "7.00"),
      row(5, 1, 1, 1, 2, 1, 10, 40, 30, 12, 90, "next"),
      row(5, 1, 2, 1, 1, 1, 10, 90, 30, 12, -1, "block"),
    ].join("\n");
    expect(parseTsv(tsv)).toEqual({
      text: "Total 7.00\nnext\n\nblock",
      words: [
        { text: "Total", x0: 10, y0: 20, x1: 40, y1: 32, confidence: 0.965 },
        { text: "7.00", x0: 50, y0: 20, x1: 80, y1: 32, confidence: 0.8 },
        { text: "next", x0: 10, y0: 40, x1: 40, y1: 52, confidence: 0.9 },
        { text: "block", x0: 10, y0: 90, x1: 40, y1: 102, confidence: 0 },
      ],
    });
  });

  test("as lines alone becomes words that share the line's box", () => {
    const box = [
      [100, 10],
      [200, 10],
      [200, 30],
      [100, 30],
    ];
    expect(wordsOfLines([{ text: "Sum 7.00 x", mean: 0.9, box }]).words).toEqual([
      { text: "Sum", x0: 100, y0: 10, x1: 130, y1: 30, confidence: 0.9 },
      { text: "7.00", x0: 140, y0: 10, x1: 180, y1: 30, confidence: 0.9 },
      { text: "x", x0: 190, y0: 10, x1: 200, y1: 30, confidence: 0.9 },
    ]);
  });
});

test("only so many work at a time, and each one that ends lets the next one in", async () => {
  const slots = new Slots(2);
  let busy = 0;
  let most = 0;
  const release: (() => void)[] = [];
  const work = Array.from({ length: 5 }, () =>
    slots.run(async () => {
      most = Math.max(most, ++busy);
      await new Promise<void>((resolve) => release.push(resolve));
      busy--;
    }),
  );
  for (let turn = 0; turn < 5; turn++) {
    await expect.poll(() => release.length).toBeGreaterThan(turn);
    release[turn]?.();
  }
  await Promise.all(work);
  expect(most).toBe(2);
});

describe("the lean of a page", () => {
  function stripes(degrees: number): { data: Uint8Array; width: number; height: number } {
    const [width, height] = [400, 300];
    const data = new Uint8Array(width * height).fill(255);
    const slope = Math.tan((degrees * Math.PI) / 180);
    for (let x = 20; x < 380; x++) {
      for (let line = 40; line < 260; line += 20) {
        for (let thick = 0; thick < 5; thick++) {
          const y = Math.round(line + thick + (x - 200) * slope);
          if (y >= 0 && y < height) data[y * width + x] = 0;
        }
      }
    }
    return { data, width, height };
  }

  test.each([0, 1.5, -4, 8])("is found to a fraction of a degree: %s", (degrees) => {
    expect(findSkew(stripes(degrees))).toBeCloseTo(degrees, 0);
    expect(Math.abs(findSkew(stripes(degrees)) - degrees)).toBeLessThanOrEqual(0.3);
  });

  test("is none where there is nothing, or only dark", () => {
    expect(findSkew({ data: new Uint8Array(90_000).fill(255), width: 300, height: 300 })).toBe(0);
    expect(findSkew({ data: new Uint8Array(90_000), width: 300, height: 300 })).toBe(0);
  });

  test("is looked for in what Otsu's threshold calls dark", () => {
    expect(otsuThreshold(Uint8Array.from([10, 12, 14, 200, 210, 220]))).toBe(14);
  });
});

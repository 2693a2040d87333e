import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, resumeFrom, type Collected } from "../../test/files/collect.ts";
import { pdf, type PdfOptions } from "./index.ts";
import { pageNumbers } from "./page-numbers.ts";
import { makePdf, turn } from "../../test/pdf/make-pdf.ts";
import { bombPdf, unmappedPdf } from "../../test/pdf/raw-pdf.ts";

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));

/** A picture of 2 × 2 pixels. */
const PIXELS = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4//8/AwMDEwMDAwMDAwAkBgMBmjCi+wAAAABJRU5ErkJggg==",
  "base64",
);

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(
  content: Uint8Array | string,
  options: Omit<PdfOptions, "path"> = {},
): Promise<Collected> {
  const name = `${++count}.pdf`;
  await writeFile(path.join(folder, name), content);
  return collect(pdf({ path: name, ...options }), { directory: folder });
}

describe("pages", () => {
  test("give their text in reading order, whatever the order in which it was drawn", async () => {
    const bytes = await makePdf([
      (pen) => {
        pen.write("second line", 50, 120);
        pen.write("right", 300, 100);
        pen.write("left of it", 50, 100);
      },
      () => undefined,
    ]);
    const { rows } = await read(bytes);
    expect(rows).toMatchObject([
      {
        page: 1,
        text: "left of it right\nsecond line",
        words: 6,
        has_text: true,
        needs_ocr: false,
        width: 595,
        height: 842,
      },
      { page: 2, text: "", words: 0, has_text: false, needs_ocr: false, problem: null },
    ]);
  });

  test("keep the place of their text with layout", async () => {
    const bytes = await makePdf([
      (pen) => {
        pen.write("Name", 50, 100);
        pen.write("Amount", 250, 100);
        pen.write("Total", 50, 160);
      },
    ]);
    const { rows } = await read(bytes, { layout: true });
    expect(rows[0]?.["text"]).toMatch(/^Name {20,50}Amount\n\n+Total$/);
  });

  test("that are turned are read as they are seen", async () => {
    const bytes = await makePdf([
      (pen) => {
        pen.write("upper left", 20, 800);
        pen.write("lower", 500, 800);
        turn(pen.page, 90);
      },
    ]);
    const { rows } = await read(bytes, { rows: "word" });
    expect(rows[0]).toMatchObject({ text: "upper", page: 1, word: 1 });
    const page = await read(bytes);
    expect(page.rows).toMatchObject([{ rotation: 90, width: 842, height: 595 }]);
    // Seen from above, the text runs downwards at the left end.
    expect(Number(rows[0]?.["x0"])).toBeLessThan(60);
    expect(Number(rows[0]?.["y0"])).toBeLessThan(40);
  });

  test("can be chosen, and drawn as pictures", async () => {
    const bytes = await makePdf([1, 2, 3, 4].map((number) => (pen) => pen.write(`page ${number}`, 50, 50)));
    const { rows } = await read(bytes, { pages: "2,4-", imageDpi: 36 });
    expect(rows).toMatchObject([{ text: "page 2" }, { text: "page 4" }]);
    expect(Buffer.from(rows[0]?.["image"] as Uint8Array).toString("latin1", 1, 4)).toBe("PNG");
    expect(pageNumbers("3-,1", 5)).toEqual([1, 3, 4, 5]);
  });

  test("with pictures and no text need recognition", async () => {
    const bytes = await makePdf([() => undefined], async (document) => {
      const picture = await document.embedPng(PIXELS);
      document.getPage(0).drawImage(picture, { x: 0, y: 0, width: 595, height: 842 });
    });
    const { rows } = await read(bytes);
    expect(rows).toMatchObject([
      { has_text: false, needs_ocr: true, problem: "it has pictures and no text" },
    ]);
  });

  test("go on behind the last checkpoint", async () => {
    const bytes = await makePdf([1, 2, 3].map((number) => (pen) => pen.write(`page ${number}`, 50, 50)));
    const name = `${++count}.pdf`;
    await writeFile(path.join(folder, name), bytes);
    const whole = await collect(pdf({ path: name }), { directory: folder });
    const again = await collect(pdf({ path: name }), {
      directory: folder,
      ...resumeFrom(whole.states.at(-1)),
    });
    expect(again.rows).toEqual([]);
  });
});

describe("words", () => {
  test("have boxes from the upper left corner", async () => {
    const { rows } = await read(await makePdf([(pen) => pen.write("Hello wide world", 100, 200, 20)]), {
      rows: "word",
    });
    expect(rows.map(({ text }) => text)).toEqual(["Hello", "wide", "world"]);
    const [hello] = rows;
    expect(hello).toMatchObject({ x0: 100, page: 1 });
    expect(Number(hello?.["y0"])).toBeGreaterThan(180);
    expect(Number(hello?.["y0"])).toBeLessThan(Number(hello?.["y1"]));
    // Helvetica: H 722, e 556, l 222, l 222, o 556.
    expect(Number(hello?.["x1"])).toBeCloseTo(100 + 2.278 * 20, 1);
  });
});

describe("tables", () => {
  const HEADER = ["Date", "Text", "Amount"];
  const WIDTHS = [90, 200, 90];

  test("by ruling lines have the header's names, merged over page breaks", async () => {
    const row = (number: number): string[] => [`2026-01-0${number}`, `Item ${number}`, `${number}.50`];
    const bytes = await makePdf([
      (pen) => {
        pen.write("Statement", 50, 40);
        pen.table([HEADER, row(1), row(2)], { x: 50, y: 720, widths: WIDTHS });
      },
      (pen) => {
        pen.table([HEADER, row(3), ["", "no date", ""]], { x: 50, y: 60, widths: WIDTHS });
        pen.write("Another table:", 50, 400);
        pen.table(
          [
            ["Key", "Value"],
            ["a", "1"],
          ],
          { x: 50, y: 420, widths: [100, 100] },
        );
      },
    ]);
    const { rows } = await read(bytes, { rows: "table" });
    expect(rows.map(({ file: _file, ...cells }) => cells)).toEqual([
      { page: 1, table: 1, row: 1, Date: "2026-01-01", Text: "Item 1", Amount: "1.50" },
      { page: 1, table: 1, row: 2, Date: "2026-01-02", Text: "Item 2", Amount: "2.50" },
      { page: 2, table: 1, row: 3, Date: "2026-01-03", Text: "Item 3", Amount: "3.50" },
      { page: 2, table: 1, row: 4, Date: "", Text: "no date", Amount: "" },
      { page: 2, table: 2, row: 1, Key: "a", Value: "1" },
    ]);
    const chosen = await read(bytes, { rows: "table", tables: { having: ["Key"] } });
    expect(chosen.rows).toMatchObject([{ Key: "a" }]);
    const apart = await read(bytes, { rows: "table", tables: { mergePages: false } });
    expect(new Set(apart.rows.map(({ table }) => table))).toEqual(new Set([1, 2, 3]));
  });

  test("by white space keep their columns apart, left and right aligned", async () => {
    const bytes = await makePdf([
      (pen) => {
        pen.write("A paragraph that is no table at all, however long it may become in the end.", 50, 60);
        for (const [index, [name, amount]] of [
          ["Item", "Net"],
          ["Long name of it", "1,200.00"],
          ["Bolt", "7.00"],
          ["Nut", "12.10"],
        ].entries()) {
          const y = 100 + index * 16;
          pen.write(name as string, 50, y);
          pen.write(amount as string, 400 - pen.font.widthOfTextAtSize(amount as string, 10), y);
        }
      },
    ]);
    const { rows } = await read(bytes, { rows: "table" });
    expect(rows).toMatchObject([
      { Item: "Long name of it", Net: "1,200.00" },
      { Item: "Bolt", Net: "7.00" },
      { Item: "Nut", Net: "12.10" },
    ]);
  });

  test("have a cell that spans others once, and null where it covers them", async () => {
    const bytes = await makePdf([
      (pen) => {
        const { page } = pen;
        const line = (x0: number, y0: number, x1: number, y1: number): void =>
          page.drawLine({ start: { x: x0, y: 842 - y0 }, end: { x: x1, y: 842 - y1 } });
        for (const y of [100, 120, 140]) line(50, y, 250, y);
        for (const x of [50, 250]) line(x, 100, x, 140);
        line(150, 120, 150, 140);
        pen.write("both", 54, 114);
        pen.write("left", 54, 134);
        pen.write("right", 154, 134);
      },
    ]);
    const { rows } = await read(bytes, { rows: "table", tables: { header: false } });
    expect(rows).toMatchObject([
      { column_1: "both", column_2: null },
      { column_1: "left", column_2: "right" },
    ]);
  });
});

describe("documents", () => {
  test("tell their metadata, form and attachments", async () => {
    const bytes = await makePdf([() => undefined], async (document) => {
      document.setTitle("Order 7");
      document.setAuthor("ACME");
      document.setCreationDate(new Date("2026-01-31T10:00:00Z"));
      const field = document.getForm().createTextField("customer.name");
      field.setText("Miller");
      field.addToPage(document.getPage(0), { x: 50, y: 700, width: 200, height: 20 });
      await document.attach(Buffer.from("a;b"), "lines.csv", { mimeType: "text/csv" });
    });
    const { rows } = await read(bytes, { rows: "document" });
    expect(rows).toMatchObject([
      {
        pages: 1,
        title: "Order 7",
        author: "ACME",
        created: "2026-01-31T10:00:00Z",
        form: { "customer.name": "Miller" },
        attachments: ["lines.csv"],
      },
    ]);
    const { rows: pages } = await read(bytes);
    expect(pages[0]?.["text"]).toBe("Miller");
    const { rows: files } = await read(bytes, { rows: "attachment" });
    expect(files).toMatchObject([{ name: "lines.csv", bytes: 3 }]);
    expect(Buffer.from(files[0]?.["content"] as Uint8Array).toString()).toBe("a;b");
  });

  test("that are encrypted are opened by their password alone", async () => {
    const options = { directory: FIXTURES };
    const { rows } = await collect(pdf({ path: "encrypted.pdf", password: "geheim" }), options);
    expect(rows).toMatchObject([{ text: "secret text" }]);
    await expect(collect(pdf({ path: "encrypted.pdf" }), options)).rejects.toMatchObject({
      code: "MLR_SOURCE_DENIED",
      hint: expect.stringContaining("password") as string,
    });
    await expect(collect(pdf({ path: "encrypted.pdf", password: "wrong" }), options)).rejects.toMatchObject({
      code: "MLR_SOURCE_DENIED",
    });
  });
});

describe("bad input", () => {
  test("such as a truncated or foreign file is refused with its name", async () => {
    const whole = await makePdf([(pen) => pen.write("text", 50, 50)]);
    await expect(read(whole.slice(0, 60))).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    await expect(read("no PDF at all")).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  });

  test("such as more pages or objects than allowed is refused", async () => {
    const bytes = await makePdf([1, 2, 3].map(() => (pen) => pen.write("x", 50, 50)));
    await expect(read(bytes, { limits: { pages: 2 } })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    await expect(read(bytes, { limits: { bytes: 100 } })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    const many = Buffer.from(bytes)
      .toString("latin1")
      .replace(/\/Size \d+/, "/Size 9999999");
    await expect(read(Buffer.from(many, "latin1"))).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
  });

  test("such as a page that unpacks to more than memory allows ends with a limit, not with the run", async () => {
    const bomb = bombPdf(200_000_000);
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(read(bomb, { limits: { memoryMb: 64 } })).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
    });
  });

  test("such as a page that takes too long ends with a limit", async () => {
    await expect(read(bombPdf(50_000_000), { limits: { pageMs: 400 } })).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      message: expect.stringContaining("400 ms") as string,
    });
  });

  test("such as letters without a Unicode map says that the page needs recognition", async () => {
    const bytes = unmappedPdf();
    const { rows } = await read(bytes);
    expect(rows).toMatchObject([{ needs_ocr: true, has_text: false }]);
    expect(rows[0]?.["problem"]).toContain("no Unicode map");
  });
});

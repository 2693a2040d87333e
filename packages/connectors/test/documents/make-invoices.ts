import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { PDFDocument, StandardFonts } from "pdf-lib";
import sharp, { type Sharp } from "sharp";

/**
 * Makes the documents of `examples/invoices`: an invoice as PDF, one as a scan, one as a photo, one whose lines do not sum up to
 * its total, a letter, and a file that is cut short. They are committed; run this again after changing it.
 */
const FOLDER = path.resolve(import.meta.dirname, "../../../../examples/invoices/documents");
/** Of A4 in points. */
const PAGE = { width: 595, height: 842 };

interface Invoice {
  readonly number: string;
  readonly date: string;
  readonly customer: string;
  readonly lines: readonly (readonly [item: string, quantity: string, price: string, amount: string])[];
  readonly total: string;
}

interface Text {
  readonly x: number;
  /** From the top. */
  readonly y: number;
  readonly size: number;
  readonly text: string;
}

const INVOICES: Readonly<Record<string, Invoice>> = {
  "R-2026-0117.pdf": {
    number: "R-2026-0117",
    date: "2026-03-04",
    customer: "Birch & Reed Bakery",
    lines: [
      ["Rye flour 25 kg", "4", "31.50", "126.00"],
      ["Spelt flour 25 kg", "2", "44.00", "88.00"],
      ["Delivery", "1", "18.00", "18.00"],
    ],
    total: "232.00",
  },
  "scan-0118.pdf": {
    number: "R-2026-0118",
    date: "2026-03-05",
    customer: "Harbour Kitchen",
    lines: [
      ["Wheat flour 25 kg", "10", "27.00", "270.00"],
      ["Sea salt 5 kg", "3", "9.50", "28.50"],
    ],
    total: "298.50",
  },
  "photo-0119.jpg": {
    number: "R-2026-0119",
    date: "2026-03-09",
    customer: "Mill Lane School",
    lines: [
      ["Oat flakes 10 kg", "6", "14.25", "85.50"],
      ["Delivery", "1", "12.00", "12.00"],
    ],
    total: "97.50",
  },
  "wrong-total-0120.pdf": {
    number: "R-2026-0120",
    date: "2026-03-11",
    customer: "Harbour Kitchen",
    lines: [
      ["Wheat flour 25 kg", "8", "27.00", "216.00"],
      ["Sea salt 5 kg", "2", "9.50", "19.00"],
    ],
    total: "325.00",
  },
};

function textsOf({ number, date, customer, lines, total }: Invoice): Text[] {
  const columns = [60, 320, 400, 490];
  const row = (cells: readonly string[], y: number): Text[] =>
    cells.map((text, index) => ({ x: columns[index] ?? 60, y, size: 12, text }));
  const end = 320 + 26 * lines.length;
  return [
    { x: 60, y: 80, size: 22, text: "INVOICE" },
    { x: 60, y: 110, size: 12, text: "Old Weir Mill, 3 River Road" },
    { x: 60, y: 160, size: 12, text: "Invoice number:" },
    { x: 180, y: 160, size: 12, text: number },
    { x: 60, y: 184, size: 12, text: "Invoice date:" },
    { x: 180, y: 184, size: 12, text: date },
    { x: 60, y: 208, size: 12, text: "Customer:" },
    { x: 180, y: 208, size: 12, text: customer },
    ...row(["Item", "Quantity", "Price", "Amount"], 280),
    ...lines.flatMap((line, index) => row(line, 308 + 26 * index)),
    { x: 400, y: end + 26, size: 14, text: "Total:" },
    { x: 490, y: end + 26, size: 14, text: total },
  ];
}

const LETTER: readonly Text[] = [
  { x: 60, y: 80, size: 14, text: "Dear customers," },
  { x: 60, y: 120, size: 12, text: "the mill is closed from 24 December to 6 January." },
  { x: 60, y: 144, size: 12, text: "We wish you quiet days." },
];

async function pdfOf(texts: readonly Text[]): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  const page = pdf.addPage([PAGE.width, PAGE.height]);
  for (const { x, y, size, text } of texts) page.drawText(text, { x, y: PAGE.height - y, size, font });
  return save(pdf);
}

/** The same bytes each time. */
async function save(pdf: PDFDocument): Promise<Uint8Array> {
  const then = new Date("2026-03-01T00:00:00Z");
  pdf.setCreationDate(then);
  pdf.setModificationDate(then);
  return pdf.save();
}

function pictureOf(texts: readonly Text[], scale: number): Sharp {
  const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const items = texts.map(
    ({ x, y, size, text }) =>
      `<text x="${x}" y="${y}" font-family="DejaVu Sans" font-size="${size}">${escape(text)}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${PAGE.width * scale}" height="${PAGE.height * scale}" viewBox="0 0 ${PAGE.width} ${PAGE.height}"><rect width="100%" height="100%" fill="white"/>${items.join("")}</svg>`;
  return sharp(Buffer.from(svg));
}

/** A page that went a little askew through a scanner, as a PDF without text. */
async function scanOf(texts: readonly Text[]): Promise<Uint8Array> {
  const upright = await pictureOf(texts, 200 / 72)
    .png()
    .toBuffer();
  const picture = await sharp(upright)
    .rotate(0.8, { background: "#fff" })
    .greyscale()
    .blur(0.5)
    .jpeg({ quality: 60 })
    .toBuffer();
  const pdf = await PDFDocument.create();
  const image = await pdf.embedJpg(picture);
  pdf.addPage([PAGE.width, PAGE.height]).drawImage(image, { x: 0, y: 0, ...PAGE });
  return save(pdf);
}

/** A sheet on a table, from above and not quite straight. */
async function photoOf(texts: readonly Text[]): Promise<Uint8Array> {
  const sheet = await pictureOf(texts, 2.4).png().toBuffer();
  return sharp(sheet)
    .extend({ top: 60, bottom: 60, left: 60, right: 60, background: "#8a7a66" })
    .rotate(-1.5, { background: "#8a7a66" })
    .modulate({ brightness: 0.92 })
    .blur(0.7)
    .jpeg({ quality: 60 })
    .toBuffer();
}

await mkdir(FOLDER, { recursive: true });
for (const [name, invoice] of Object.entries(INVOICES)) {
  const texts = textsOf(invoice);
  const make = name.startsWith("scan") ? scanOf : name.endsWith(".jpg") ? photoOf : pdfOf;
  await writeFile(path.join(FOLDER, name), await make(texts));
}
await writeFile(path.join(FOLDER, "letter.pdf"), await pdfOf(LETTER));
const whole = await pdfOf(textsOf(INVOICES["R-2026-0117.pdf"] as Invoice));
await writeFile(path.join(FOLDER, "cut-short.pdf"), whole.subarray(0, 700));

import { Buffer } from "node:buffer";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { detectKind } from "./detect-kind.ts";
import { openDocument } from "./open.ts";
import { readDocument } from "./read-document.ts";

async function zip(members: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(members)) archive.addBuffer(Buffer.from(content), name);
  archive.end();
  const pieces: Buffer[] = [];
  for await (const piece of archive.outputStream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

const paragraph = (text: string): string => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;
const cell = (text: string): string => `<w:tc>${paragraph(text)}</w:tc>`;

function docx(body: string): Promise<Buffer> {
  return zip({
    "word/document.xml": `<?xml version="1.0"?><w:document xmlns:w="urn:w"><w:body>${body}</w:body></w:document>`,
    "word/header1.xml": `<w:hdr xmlns:w="urn:w">${paragraph("ACME Ltd")}</w:hdr>`,
    "docProps/core.xml":
      '<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>Offer</dc:title><dc:creator>Ann</dc:creator></cp:coreProperties>',
    "word/media/logo.png": Buffer.from([1, 2, 3]),
  });
}

describe("Word documents", () => {
  test("give headers, paragraphs, tables in columns, metadata and what is embedded", async () => {
    const rows = [
      ["Item", "Price"],
      ["Bolt", "7.00"],
    ].map((cells) => `<w:tr>${cells.map(cell).join("")}</w:tr>`);
    const body = `${paragraph("Dear all &amp; others,")}<w:tbl>${rows.join("")}</w:tbl><w:del>${paragraph("gone")}</w:del>`;
    const document = await readDocument(await docx(body));
    expect(document.kind).toBe("docx");
    expect(document.pages[0]?.text.split("\n").filter((line) => line !== "")).toEqual([
      "ACME Ltd",
      "Dear all & others,",
      "Item   Price",
      "Bolt   7.00",
    ]);
    expect(document.metadata).toEqual({ title: "Offer", author: "Ann" });
    expect(document.attachments).toMatchObject([{ name: "logo.png" }]);
    const price = document.pages[0]?.words.find(({ text }) => text === "Price");
    const amount = document.pages[0]?.words.find(({ text }) => text === "7.00");
    expect(price?.x0).toBe(amount?.x0);
  });

  test("that are bombs, other archives or old files are refused", async () => {
    const bomb = await docx(paragraph("x".repeat(3_000_000)));
    await expect(readDocument(bomb, { limits: { unpackedBytes: 1_000_000 } })).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
    });
    await expect(readDocument(await zip({ "a.txt": "a" }), { name: "a.docx" })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: "a.docx is a ZIP archive and no Word document",
    });
    await expect(readDocument(bomb.subarray(0, 5_00))).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    await expect(readDocument(Buffer.from("d0cf11e0a1b11ae1", "hex"))).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
    });
  });
});

describe("HTML", () => {
  test("gives what is read of it: blocks, tables in columns, no scripts", async () => {
    const html = `<!doctype html><meta charset="utf-8"><title>Bill</title><script>var a = 1</script>
      <h1>Bill  7</h1><p>Dear <b>Ann</b>,<br>thank you.</p>
      <table><tr><th>Item<th>Net<tr><td>Bolt &amp; nut<td>7,00 €</table>`;
    const document = await readDocument(Buffer.from(html));
    expect(document).toMatchObject({ kind: "html", metadata: { title: "Bill" } });
    expect(document.pages[0]?.text).toBe(
      "Bill 7\nDear Ann,\nthank you.\nItem         Net\nBolt & nut   7,00 €",
    );
  });

  test("that is nested without end is refused", async () => {
    const html = `<html>${"<div>".repeat(100_000)}deep${"</div>".repeat(100_000)}`;
    await expect(readDocument(Buffer.from(html))).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
  });
});

describe("messages", () => {
  const MAIL = [
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>",
    "To: office@example.org",
    "Subject: Invoice 12",
    "Date: Sat, 31 Jan 2026 10:00:00 +0100",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html; charset=utf-8",
    "",
    "<p>See the <i>attached</i> file.</p>",
    "--b",
    'Content-Type: application/pdf; name="bill.pdf"',
    'Content-Disposition: attachment; filename="bill.pdf"',
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from("%PDF-1.4").toString("base64"),
    "--b--",
    "",
  ].join("\r\n");

  test("give their text, headers and attachments", async () => {
    const document = await readDocument(Buffer.from(MAIL));
    expect(document.kind).toBe("email");
    expect(document.pages[0]?.text).toBe("See the attached file.");
    expect(document.metadata).toMatchObject({
      subject: "Invoice 12",
      from: "Jürgen <j@example.org>",
      to: "office@example.org",
    });
    expect(document.attachments).toMatchObject([{ name: "bill.pdf", contentType: "application/pdf" }]);
    expect(Buffer.from(document.attachments[0]?.content ?? []).toString()).toBe("%PDF-1.4");
  });
});

describe("pictures", () => {
  const picture = (width: number, height: number): ReturnType<typeof sharp> =>
    sharp({ create: { width, height, channels: 3, background: "white" } });

  test("are pages that need recognition, each of a TIFF file its own", async () => {
    const one = await picture(40, 30).png().toBuffer();
    const pages = await sharp([one, one, one], { join: { animated: true } })
      .tiff()
      .toBuffer();
    const document = await openDocument(pages);
    expect(document).toMatchObject({ kind: "tiff", pageCount: 3 });
    expect(await document.page(3)).toMatchObject({
      number: 3,
      width: 40,
      height: 30,
      needsOcr: true,
      hasText: false,
    });
    const image = await document.image(2);
    expect(image).toMatchObject({ width: 40, height: 30, scale: 1 });
    expect(detectKind(image.png)).toBe("png");
    await expect(document.page(4)).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  });

  test("are turned as their camera said", async () => {
    const photo = await picture(40, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const document = await openDocument(photo);
    expect(await document.page(1)).toMatchObject({ width: 20, height: 40 });
    expect(await document.image(1)).toMatchObject({ width: 20, height: 40 });
  });

  test("beyond the limit of pixels, or damaged, are refused", async () => {
    const large = await picture(3_000, 2_000).png().toBuffer();
    const limited = await openDocument(large, { limits: { pixels: 1_000_000 } });
    await expect(limited.image(1)).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    const cut = await openDocument(large.subarray(0, large.length - 200));
    await expect(cut.image(1)).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  });
});

describe("what it contains decides", () => {
  test("not the name, and only texts are told apart by what the sender says", () => {
    const kindOf = (text: string, contentType?: string): string =>
      detectKind(Buffer.from(text, "latin1"), contentType);
    expect(kindOf("%PDF-1.7\n", "text/html")).toBe("pdf");
    expect(kindOf("junk before\n%PDF-1.7\n")).toBe("pdf");
    expect(kindOf("From: a@b.c\nSubject: x\n\nHi")).toBe("email");
    expect(kindOf("Total: 7\nSum: 8\n\nHi")).toBe("text");
    expect(kindOf("plain", "text/html; charset=utf-8")).toBe("html");
    expect(kindOf("a\u0000b")).toBe("unknown");
  });

  test("and a file that is nothing known, empty or away is refused", async () => {
    await expect(readDocument(Buffer.from("a\u0000b"))).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    await expect(readDocument(Buffer.alloc(0))).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    await expect(readDocument("no-such-file.pdf")).rejects.toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
  });
});

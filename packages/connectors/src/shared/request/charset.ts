import { isUtf8 } from "node:buffer";
import { analyse } from "chardet";
import iconv from "iconv-lite";
import { MillraceError } from "@millrace/core";
import { headerOf, type AnswerHeaders } from "./whole-answer.ts";

/** The encoding that a text was decoded from, and what told it. */
export interface Charset {
  /** As iconv-lite calls it; `utf-8` also for ASCII. */
  readonly name: string;
  /**
   * `option`: the user. `mark`: a byte order mark. `header`: the content type. `meta`: the document itself. `utf-8`: it is
   * valid UTF-8. `guess`: its letters.
   */
  readonly from: "option" | "mark" | "header" | "meta" | "utf-8" | "guess";
}

const MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** What browsers read instead, because it contains the other one (WHATWG Encoding). */
const WIDER: Readonly<Record<string, string>> = {
  "iso-8859-1": "windows-1252",
  "iso-8859-9": "windows-1254",
  latin1: "windows-1252",
  ascii: "windows-1252",
  "us-ascii": "windows-1252",
  gb2312: "gb18030",
  gbk: "gb18030",
  big5: "big5-hkscs",
  "ks-c-5601-1987": "cp949",
  "euc-kr": "cp949",
  "shift-jis": "cp932",
  "utf-16": "utf-16le",
};

/** Documents say their encoding within so many bytes. */
const PRESCAN = 4_096;
/** Bytes that a guess is made from. */
const SAMPLE = 65_536;
const LEAST_CONFIDENCE = 10;

/**
 * Decides how a body becomes a text: what the user says, a byte order mark, the content type, the document's own `<meta>` or
 * XML declaration, else UTF-8 where it is valid, else a guess. Where UTF-8 is said and the bytes are none, the next one counts.
 * Fails with MLR_ARGUMENT_INVALID where the user names an encoding that is not known.
 */
export function detectCharset(body: Buffer, headers: AnswerHeaders, declared?: string): Charset {
  if (declared !== undefined) return { name: declaredName(declared), from: "option" };
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => body[index] === byte));
  if (mark !== undefined) return { name: mark[0], from: "mark" };
  const said = charsetOf(headerOf(headers, "content-type"));
  if (said !== undefined && said !== "utf-8") return { name: said, from: "header" };
  const valid = isUtf8(body);
  if (said === "utf-8" && valid) return { name: "utf-8", from: "header" };
  const meta = metaCharset(body);
  if (meta !== undefined && (meta !== "utf-8" || valid)) return { name: meta, from: "meta" };
  if (valid) return { name: "utf-8", from: "utf-8" };
  const guessed = guess(body);
  // One broken character in the middle of UTF-8 does not make it another encoding.
  if (said === "utf-8" && (guessed === undefined || mostlyUtf8(body)))
    return { name: "utf-8", from: "header" };
  return { name: guessed ?? "windows-1252", from: "guess" };
}

/** The text of a body, without its byte order mark. */
export function decodeText(body: Buffer, { name }: Charset): string {
  if (name !== "utf-8") return iconv.decode(body, name);
  const marked = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString("utf8", marked ? 3 : 0);
}

/** The encoding that a content type names; undefined where it names none that is known. */
function charsetOf(contentType: string | undefined): string | undefined {
  return knownName(/charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType ?? "")?.[1]);
}

function metaCharset(body: Buffer): string | undefined {
  const head = body.toString("latin1", 0, PRESCAN);
  const xml = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  const found = xml ?? /<meta\b[^>]*\bcharset\s*=\s*["']?\s*([\w.:-]+)/i.exec(head)?.[1];
  const name = knownName(found);
  // A document whose `<meta>` can be read byte by byte is not UTF-16, whatever it says.
  return name?.startsWith("utf-16") === true ? "utf-8" : name;
}

function knownName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const lower = name.trim().toLowerCase().replaceAll("_", "-");
  const wider = lower === "utf8" ? "utf-8" : (WIDER[lower] ?? lower.replace(/^x-(?=sjis|gbk|big5|euc)/, ""));
  return iconv.encodingExists(wider) ? wider : undefined;
}

function declaredName(declared: string): string {
  const known = knownName(declared);
  if (known !== undefined) return known;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${declared}" is not a known character encoding`, {
    hint: "Examples: utf-8, windows-1252, shift_jis, big5, gb18030.",
    details: { encoding: declared },
  });
}

function guess(body: Buffer): string | undefined {
  for (const { name, confidence } of analyse(body.subarray(0, SAMPLE))) {
    const known = knownName(name);
    if (known !== undefined && known !== "utf-8" && confidence >= LEAST_CONFIDENCE) return known;
  }
  return undefined;
}

/** True where fewer than one in fifty of what is not ASCII could not be read. */
function mostlyUtf8(body: Buffer): boolean {
  const text = body.toString("utf8", 0, SAMPLE);
  let other = 0;
  let broken = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) other++;
    if (code === 0xfffd) broken++;
  }
  return broken * 50 < other;
}

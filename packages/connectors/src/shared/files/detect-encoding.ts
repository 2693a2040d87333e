import { isUtf8 } from "node:buffer";
import { MillraceError } from "@millrace/core";
import { analyse } from "chardet";
import iconv from "iconv-lite";

/** The encoding a text is read as. */
export interface Encoding {
  /** A name that iconv-lite knows; `utf-8` for UTF-8 and ASCII. */
  readonly name: string;
  /** Bytes of the byte order mark, which are left out. */
  readonly skip: number;
  /** Set where it was guessed from the content: how sure the guess is, 0 to 100. */
  readonly confidence?: number;
}

const MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["utf-32le", [0xff, 0xfe, 0, 0]],
  ["utf-32be", [0, 0, 0xfe, 0xff]],
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** Windows code pages contain the ISO encodings of the same letters, and are what such files really hold. */
const WIDER: Readonly<Record<string, string>> = {
  "iso-8859-1": "windows-1252",
  "iso-8859-9": "windows-1254",
  "us-ascii": "utf-8",
  ascii: "utf-8",
};

/** Guesses below are refused. */
const LEAST_CONFIDENCE = 10;

/** What is known of a text besides its beginning. */
export interface EncodingHints {
  /** Whether the beginning is all of it. */
  readonly whole: boolean;
  /** What the user says. */
  readonly declared: string | undefined;
  /** What a server says, which is often only its default. */
  readonly hinted: string | undefined;
  /** For errors. */
  readonly file: string;
}

/**
 * Decides the encoding: what is declared, else a byte order mark, else UTF-8 where `sample`, the beginning, is valid
 * UTF-8, else what a server says, else a guess.
 * Fails with MLR_ARGUMENT_INVALID for an unknown encoding, MLR_SOURCE_FORMAT where no guess is good enough.
 */
export function detectEncoding(sample: Buffer, { whole, declared, hinted, file }: EncodingHints): Encoding {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => sample[index] === byte));
  if (declared !== undefined) return declaredEncoding(declared, mark);
  if (mark !== undefined) return { name: mark[0], skip: mark[1].length };
  const wide = utf16WithoutMark(sample);
  if (wide !== undefined) return { name: wide, skip: 0, confidence: 90 };
  if (isUtf8(whole ? sample : withoutPartialEnd(sample))) return { name: "utf-8", skip: 0 };
  if (hinted !== undefined && iconv.encodingExists(normal(hinted)) && normal(hinted) !== "utf-8") {
    return { name: normal(hinted), skip: 0 };
  }
  return guess(sample, file);
}

function declaredEncoding(declared: string, mark: (typeof MARKS)[number] | undefined): Encoding {
  const wanted = normal(declared);
  if (!iconv.encodingExists(wanted)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${declared}" is not a known character encoding`, {
      hint: "Examples: utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis, gb18030.",
      details: { encoding: declared },
    });
  }
  if (mark !== undefined && (mark[0] === wanted || mark[0].replace(/[lb]e$/, "") === wanted)) {
    return { name: mark[0], skip: mark[1].length };
  }
  // Without a mark the Unicode standard says big-endian, but practically all such files come from Windows.
  return { name: /^utf-(16|32)$/.test(wanted) ? `${wanted}le` : wanted, skip: 0 };
}

function normal(name: string): string {
  const lower = name.trim().toLowerCase().replaceAll("_", "-");
  if (lower === "utf8") return "utf-8";
  if (/^(utf|ucs)-?(16|32|2)(le|be)?$/.test(lower)) {
    return lower.replace(/^ucs-?2/, "utf-16").replace(/^utf-?(16|32)/, "utf-$1");
  }
  return WIDER[lower] ?? (lower === "latin1" ? "windows-1252" : lower);
}

function utf16WithoutMark(sample: Buffer): "utf-16le" | "utf-16be" | undefined {
  const pairs = Math.min(sample.length, 4096) >> 1;
  if (pairs < 2) return undefined;
  let even = 0;
  let odd = 0;
  for (let index = 0; index < pairs; index++) {
    if (sample[index * 2] === 0) even++;
    if (sample[index * 2 + 1] === 0) odd++;
  }
  if (odd > pairs * 0.4 && even < pairs * 0.1) return "utf-16le";
  if (even > pairs * 0.4 && odd < pairs * 0.1) return "utf-16be";
  return undefined;
}

/** Cuts off a character that the end of the sample may have split. */
function withoutPartialEnd(sample: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, sample.length); back++) {
    const byte = sample[sample.length - back] ?? 0;
    if (byte >= 0xc0) return sample.subarray(0, sample.length - back);
    if (byte < 0x80) break;
  }
  return sample;
}

function guess(sample: Buffer, file: string): Encoding {
  for (const match of analyse(sample)) {
    const name = normal(match.name);
    if (name !== "utf-8" && iconv.encodingExists(name) && match.confidence >= LEAST_CONFIDENCE) {
      return { name, skip: 0, confidence: match.confidence };
    }
  }
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${file} is not valid UTF-8, and its encoding cannot be guessed`,
    {
      hint: 'Say it with the option `encoding`, for instance "windows-1252".',
      details: { file },
    },
  );
}

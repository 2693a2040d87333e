import { isAscii, isUtf8 } from "node:buffer";
import { MillraceError } from "@millrace/core";
import iconv from "iconv-lite";
import type { Encoding } from "./detect-encoding.ts";

const REPLACEMENT = "\ufffd";

/** Turns pieces of bytes into text, never splitting a character, and never changing one without saying so. */
export interface PieceDecoder {
  /** Fails with MLR_SOURCE_FORMAT, naming the byte, where bytes are invalid and `onInvalid` is `error`. */
  decode(piece: Buffer): string;
  /** What is left at the end of the content. */
  end(): string;
  /** Offset in the content up to which text was given out. */
  readonly offset: number;
  /** Bytes that the end of the text given out so far takes; undefined where that cannot be told. */
  byteLength(tail: string): number | undefined;
}

/** What a decoder needs to know of the content. */
export interface DecoderOptions {
  readonly encoding: Encoding;
  readonly onInvalid: "error" | "replace";
  /** Name of the file, for errors. */
  readonly file: string;
  /** Offset in the content of the first byte that comes. */
  readonly offset: number;
}

/** A decoder for `encoding`. */
export function pieceDecoder(options: DecoderOptions): PieceDecoder {
  return options.encoding.name === "utf-8" ? new Utf8Decoder(options) : new OtherDecoder(options);
}

class Utf8Decoder implements PieceDecoder {
  offset: number;
  #rest: Buffer = Buffer.alloc(0);
  /** Once bytes were replaced, text no longer tells how many bytes it took. */
  #replaced = false;
  readonly #options: DecoderOptions;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.offset = options.offset;
  }

  decode(piece: Buffer): string {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const length = wholeCharacters(bytes);
    this.#rest = bytes.subarray(length);
    return this.#text(length === bytes.length ? bytes : bytes.subarray(0, length));
  }

  end(): string {
    const bytes = this.#rest;
    this.#rest = Buffer.alloc(0);
    return this.#text(bytes);
  }

  byteLength(tail: string): number | undefined {
    return this.#replaced ? undefined : Buffer.byteLength(tail);
  }

  #text(bytes: Buffer): string {
    const start = this.offset;
    this.offset += bytes.length;
    if (isAscii(bytes)) return bytes.toString("latin1");
    if (!isUtf8(bytes)) {
      if (this.#options.onInvalid === "error") throw this.#invalid(bytes, start);
      this.#replaced = true;
    }
    return bytes.toString("utf8");
  }

  #invalid(bytes: Buffer, start: number): MillraceError {
    const at = firstInvalid(bytes);
    return invalidBytes(this.#options, start + at, bytes[at] ?? 0);
  }
}

/** How many bytes are left when a character that the end splits is cut off. */
function wholeCharacters(bytes: Buffer): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] ?? 0;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needs > back ? length - back : length;
    }
  }
  return length;
}

/** Index of the first byte that is not part of valid UTF-8, in bytes that are not valid as a whole. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0;
  let bad = bytes.length;
  while (bad - valid > 16) {
    const middle = (valid + bad) >> 1;
    // Step back to where a character starts, so that the half is judged whole.
    let cut = middle;
    while (cut > valid && ((bytes[cut] ?? 0) & 0xc0) === 0x80 && middle - cut < 4) cut--;
    if (cut <= valid) break;
    if (isUtf8(bytes.subarray(valid, cut))) valid = cut;
    else bad = cut;
  }
  for (let at = valid; at < bytes.length;) {
    const length = [1, 2, 3, 4].find(
      (size) => isUtf8(bytes.subarray(at, at + size)) && at + size <= bytes.length,
    );
    if (length === undefined) return at;
    at += length;
  }
  return bytes.length;
}

/** Encodings in which every character takes the same number of bytes. */
function bytesPerUnit(name: string): number | undefined {
  if (/^utf-16(le|be)$/.test(name)) return 2;
  return /^(windows-(125\d|874)|iso-8859-\d+|koi8-[ru]|macintosh|ibm\d+|cp(437|85\d|86\d|125\d))$/.test(name)
    ? 1
    : undefined;
}

class OtherDecoder implements PieceDecoder {
  offset: number;
  readonly #options: DecoderOptions;
  readonly #decoder: iconv.DecoderStream;
  readonly #unit: number | undefined;
  #bytes = 0;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.offset = options.offset;
    this.#decoder = iconv.getDecoder(options.encoding.name);
    this.#unit = bytesPerUnit(options.encoding.name);
  }

  decode(piece: Buffer): string {
    this.#bytes += piece.length;
    return this.#checked(this.#decoder.write(piece), piece.length);
  }

  end(): string {
    const { encoding, onInvalid } = this.#options;
    if (encoding.name.startsWith("utf-16") && this.#bytes % 2 === 1 && onInvalid === "error") {
      throw invalidBytes(this.#options, this.offset);
    }
    return this.#checked(this.#decoder.end() ?? "", 0);
  }

  byteLength(tail: string): number | undefined {
    return this.#unit === undefined ? undefined : tail.length * this.#unit;
  }

  #checked(text: string, bytes: number): string {
    const start = this.offset;
    this.offset += this.#unit === undefined ? bytes : text.length * this.#unit;
    if (this.#options.onInvalid === "replace") return text;
    const at = this.#invalidIndex(text);
    if (at < 0) return text;
    const before =
      this.#unit === undefined
        ? iconv.encode(text.slice(0, at), this.#options.encoding.name).length
        : at * this.#unit;
    throw invalidBytes(this.#options, start + before);
  }

  /** UTF-16 and UTF-32 can hold U+FFFD themselves; what they cannot hold is half a pair of surrogates. */
  #invalidIndex(text: string): number {
    if (!this.#options.encoding.name.startsWith("utf-")) return text.indexOf(REPLACEMENT);
    return -1;
  }
}

function invalidBytes({ file, encoding }: DecoderOptions, offset: number, byte?: number): MillraceError {
  const which = byte === undefined ? "" : ` (0x${byte.toString(16).padStart(2, "0")})`;
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${file}: the bytes at offset ${offset}${which} are not valid ${encoding.name}`,
    {
      hint: 'Say the encoding with the option `encoding`, for instance "windows-1252", or accept U+FFFD in place of what is invalid with `onInvalid: "replace"`.',
      details: { file, offset, encoding: encoding.name },
    },
  );
}

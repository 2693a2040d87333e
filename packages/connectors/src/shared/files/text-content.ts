import { MillraceError, type ReadContext } from "@millrace/core";
import { detectEncoding, type Encoding } from "./detect-encoding.ts";
import type { FileOptions, TextOptions } from "./file-options.ts";
import { gunzip, gunzipHead, isGzip } from "./gunzip.ts";
import type { OpenFile } from "./open-file.ts";
import { refuseBinary } from "./sniff.ts";
import { pieceDecoder, type PieceDecoder } from "./text-decoder.ts";

const SAMPLE_BYTES = 1 << 16;

/** A piece of a text and what decoded it. */
export interface TextPiece {
  readonly text: string;
  /** The text ends behind this piece. */
  readonly last: boolean;
}

/** The text in a file, perhaps packed with gzip: its encoding, its beginning, and a way to read it. */
export class TextContent {
  readonly file: OpenFile;
  readonly encoding: Encoding;
  /** Packed content can only be read from its start. */
  readonly packed: boolean;
  /** The beginning, without a byte order mark. */
  readonly sample: string;
  /** Whether `sample` is all there is. */
  readonly whole: boolean;
  readonly #onInvalid: TextOptions["onInvalid"];
  #decoder: PieceDecoder | undefined;

  private constructor(
    file: OpenFile,
    parts: Pick<TextContent, "encoding" | "packed" | "sample" | "whole">,
    onInvalid: TextOptions["onInvalid"],
  ) {
    this.file = file;
    this.encoding = parts.encoding;
    this.packed = parts.packed;
    this.sample = parts.sample;
    this.whole = parts.whole;
    this.#onInvalid = onInvalid;
  }

  /** Looks at the beginning of `file`. Fails with MLR_SOURCE_FORMAT where it is no text. */
  static async inspect(
    file: OpenFile,
    options: TextOptions,
    { kind, log }: { kind: string; log: ReadContext["log"] },
  ): Promise<TextContent> {
    const head = await file.head(SAMPLE_BYTES);
    const packed = isGzip(head);
    const all = head.length === file.size;
    const { bytes, whole } = packed
      ? await gunzipHead(head, { name: file.name, length: SAMPLE_BYTES, whole: all })
      : { bytes: head, whole: all };
    refuseBinary(bytes, file.name, kind);
    const encoding = detectEncoding(bytes, {
      whole,
      declared: options.encoding,
      hinted: file.facts.charset,
      file: file.name,
    });
    if (encoding.confidence !== undefined) {
      log("warn", `${file.name} is read as ${encoding.name}, which is a guess`, {
        file: file.name,
        encoding: encoding.name,
        confidence: encoding.confidence,
        hint: "Set the option `encoding` to be sure.",
      });
    }
    const decoder = pieceDecoder({ encoding, onInvalid: "replace", file: file.name, offset: 0 });
    const sample = decoder.decode(bytes.subarray(encoding.skip)) + (whole ? decoder.end() : "");
    return new TextContent(file, { encoding, packed, sample, whole }, options.onInvalid);
  }

  /** No text at all, or only white space. */
  get empty(): boolean {
    return this.whole && this.sample.trim() === "";
  }

  /** The text from the byte `offset` of the content on; packed content only from its start. */
  async *pieces(offset?: number): AsyncGenerator<TextPiece, void, void> {
    const start = offset ?? this.encoding.skip;
    const decoder = pieceDecoder({
      encoding: this.encoding,
      onInvalid: this.#onInvalid,
      file: this.file.name,
      offset: start,
    });
    this.#decoder = decoder;
    let skip = this.packed ? start : 0;
    const bytes = this.packed ? gunzip(this.file.bytes(), this.file.name) : this.file.bytes(start);
    for await (const piece of bytes) {
      const dropped = Math.min(skip, piece.length);
      skip -= dropped;
      yield { text: decoder.decode(dropped === 0 ? piece : piece.subarray(dropped)), last: false };
    }
    yield { text: decoder.end(), last: true };
  }

  /** Byte offset of `rest`, the end of what `pieces` gave so far; undefined where reading cannot go on there. */
  offsetOf(rest: string): number | undefined {
    if (this.packed || this.#decoder === undefined) return undefined;
    const bytes = this.#decoder.byteLength(rest);
    return bytes === undefined ? undefined : this.#decoder.offset - bytes;
  }
}

/** Whether an empty file may be passed over; fails with MLR_SOURCE_FORMAT where it may not. */
export function passEmpty(content: TextContent, options: Pick<FileOptions, "allowEmpty">): boolean {
  if (!content.empty) return false;
  if (options.allowEmpty) return true;
  throw new MillraceError("MLR_SOURCE_FORMAT", `${content.file.name} is empty`, {
    hint: "Set `allowEmpty: true` if a file without content means that there are no rows.",
    details: { file: content.file.name },
  });
}

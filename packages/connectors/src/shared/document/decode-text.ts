import { MillraceError } from "@millrace/core";
import iconv from "iconv-lite";

/** Bytes as text: by byte order mark, by the encoding that is named, as UTF-8 where they are, else as Windows-1252. */
export function decodeText(bytes: Uint8Array, charset?: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0xff && buffer[1] === 0xfe) return iconv.decode(buffer, "utf-16le");
  if (buffer[0] === 0xfe && buffer[1] === 0xff) return iconv.decode(buffer, "utf-16be");
  if (charset !== undefined && iconv.encodingExists(charset)) return iconv.decode(buffer, charset);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    return iconv.decode(buffer, "windows-1252");
  }
}

/** Fails with MLR_SOURCE_FORMAT: what is wrong with a document. */
export function formatError(name: string, what: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${name} ${what}`, { hint, details: { file: name }, cause });
}

import { inflateRawSync } from "node:zlib";

/** A gzip member inside of a file. */
export interface GzipMember {
  readonly offset: number;
  /** Bytes of the member. */
  readonly length: number;
  readonly content: Buffer;
}

const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const FHCRC = 2;
const TRAILER = 8;

/** The members of a file one after another; ends at the first that is cut off or is none. */
export function* gzipMembers(bytes: Buffer): Generator<GzipMember, void, void> {
  let offset = 0;
  while (offset < bytes.length) {
    const start = headerEnd(bytes, offset);
    if (start === undefined) return;
    let inflated: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    try {
      // With `info`, Node returns the engine too, which its types do not say.
      inflated = inflateRawSync(bytes.subarray(start), { info: true }) as unknown as typeof inflated;
    } catch {
      return;
    }
    const end = start + inflated.engine.bytesWritten + TRAILER;
    if (end > bytes.length) return;
    yield { offset, length: end - offset, content: inflated.buffer };
    offset = end;
  }
}

/** RFC 1952, 2.3. */
function headerEnd(bytes: Buffer, offset: number): number | undefined {
  if (bytes[offset] !== 0x1f || bytes[offset + 1] !== 0x8b || bytes.length < offset + 10) return undefined;
  const flags = bytes[offset + 3] ?? 0;
  let at = offset + 10;
  if ((flags & FEXTRA) !== 0) at += 2 + bytes.readUInt16LE(at);
  for (const flag of [FNAME, FCOMMENT]) if ((flags & flag) !== 0) at = bytes.indexOf(0, at) + 1;
  if ((flags & FHCRC) !== 0) at += 2;
  return at;
}

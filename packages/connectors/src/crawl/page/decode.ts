import { detect } from "chardet";

const HEAD = 4_096;

/**
 * The text of a page: by its byte order mark, the header, or what the page says of itself, whichever its bytes agree with;
 * otherwise by what they look like.
 */
export function decodePage(body: Uint8Array, contentType: string | undefined): string {
  const marked = byteOrderMark(body);
  if (marked !== undefined) return new TextDecoder(marked).decode(body);
  const declared = [charsetOf(contentType), charsetOfMeta(body)].filter((name) => name !== undefined);
  for (const name of [...declared, "utf-8"]) {
    const text = decodeExactly(body, name);
    if (text !== undefined) return text;
  }
  const guessed = declared.length === 0 ? detect(body.subarray(0, 64 * 1_024)) : null;
  return new TextDecoder(knownEncoding(guessed) ?? declared[0] ?? "windows-1252").decode(body);
}

function byteOrderMark(body: Uint8Array): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return "utf-8";
  if (body[0] === 0xff && body[1] === 0xfe) return "utf-16le";
  return body[0] === 0xfe && body[1] === 0xff ? "utf-16be" : undefined;
}

function charsetOf(contentType: string | undefined): string | undefined {
  return knownEncoding(/charset\s*=\s*["']?([\w-]+)/i.exec(contentType ?? "")?.[1]);
}

/** UTF-16 cannot be said in ASCII: who says so means UTF-8. */
function charsetOfMeta(body: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(body.subarray(0, HEAD));
  const found =
    /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(head)?.[1] ??
    /^<\?xml[^>]*encoding=["']([\w-]+)/i.exec(head)?.[1];
  return found === undefined || /^utf-?16/i.test(found) ? undefined : knownEncoding(found);
}

function knownEncoding(name: string | null | undefined): string | undefined {
  if (name === null || name === undefined) return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return undefined;
  }
}

/** Undefined where the bytes are not of that encoding. */
function decodeExactly(body: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

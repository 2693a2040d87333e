import iconv from "iconv-lite";
import type { Encoding } from "../../shared/files/detect-encoding.ts";

const MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * How XML that begins so is encoded: a byte order mark, then what the server says, then what the document says itself.
 * UTF-8 otherwise. Undefined where it says an encoding that nobody knows.
 */
export function xmlEncoding(beginning: Buffer, contentType: string | undefined): Encoding | undefined {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => beginning[index] === byte));
  if (mark !== undefined) return { name: mark[0], skip: mark[1].length };
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? "")?.[1];
  const said = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(
    beginning.subarray(0, 512).toString("latin1"),
  )?.[1];
  const name = (charset ?? said ?? "utf-8").toLowerCase().replace(/^(utf8|us-ascii|ascii)$/, "utf-8");
  // Bytes of UTF-16 without a mark: `<` and a zero, in either order.
  if (beginning[0] === 0x3c && beginning[1] === 0) return { name: "utf-16le", skip: 0 };
  if (beginning[0] === 0 && beginning[1] === 0x3c) return { name: "utf-16be", skip: 0 };
  return iconv.encodingExists(name) ? { name, skip: 0 } : undefined;
}

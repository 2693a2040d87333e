/** Size of a tar header, and what every entry is padded to. */
export const TAR_BLOCK = 512;

/** One entry as its header tells it. */
export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
}

/** The header (ustar) of a file of at most 8 GiB with a name of at most 100 ASCII characters. */
export function tarHeader({ name, bytes }: TarEntry, seconds: number): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(name, 0, 100, "latin1");
  block.write(octal(0o600, 8), 100, "latin1");
  block.write(octal(0, 8), 108, "latin1");
  block.write(octal(0, 8), 116, "latin1");
  block.write(octal(bytes, 12), 124, "latin1");
  block.write(octal(Math.floor(seconds), 12), 136, "latin1");
  block.write("0ustar\u000000", 156, "latin1");
  // The name of a link stands between the type and the magic.
  block.copyWithin(257, 157, 165);
  block.fill(0, 157, 257);
  block.write(`${octal(sumOf(block), 7)} `, 148, "latin1");
  return block;
}

/** What a header says; `end` where the archive ends, undefined where it is no header. */
export function readTarHeader(block: Buffer): TarEntry | "end" | undefined {
  if (block.every((byte) => byte === 0)) return "end";
  const told = Number.parseInt(textAt(block, 148, 8), 8);
  const bytes = Number.parseInt(textAt(block, 124, 12), 8);
  if (told !== sumOf(block) || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
  return { name: textAt(block, 0, 100), bytes };
}

/** Zeros that follow `bytes` of content. */
export function paddingOf(bytes: number): number {
  return (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

/** The sum of all bytes, those of the sum itself taken as spaces. */
function sumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < TAR_BLOCK; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

function textAt(block: Buffer, from: number, length: number): string {
  const text = block.toString("latin1", from, from + length);
  const end = text.indexOf("\0");
  return (end === -1 ? text : text.slice(0, end)).trim();
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
};

/** Bytes of `"50 GB"`, `"1.5 MiB"` or `"512 B"`; undefined for any other text, and for nothing. */
export function bytesOf(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  const bytes = factor === undefined ? 0 : Math.round(Number(number) * factor);
  return bytes > 0 ? bytes : undefined;
}

/** How a text writes its numbers. */
export interface NumberFormat {
  /** What stands before the fraction. Default: found out of each number. */
  readonly decimal?: "." | ",";
}

const SPACES = /[\s\u00A0\u2009\u202F'’]/g;
const NUMBER = /[-−–]?\s?\d[\d.,'’\u00A0\u2009\u202F]*(?:\s\d{3}(?!\d)[\d.,]*)*/;
/** Words and signs for powers of ten, as they follow a number. */
const POWERS: readonly (readonly [RegExp, number])[] = [
  [/^\s*(億|亿)/, 8],
  [/^\s*(萬|万)/, 4],
  [/^\s*(千)/, 3],
  [/^\s*(billions?\b|bn\b|milliarden?\b|mrd\b)/i, 9],
  [/^\s*(millions?\b|millionen\b|mio\b|mil\b|mn\b|m(?![\w²]))/i, 6],
  [/^\s*(thousand\b|k\b)/i, 3],
];

/**
 * The first number of a text as a plain decimal: `$1,234.50` → `1234.50`, `1.234,5 €` → `1234.5`, `598萬` → `5980000`,
 * `5.98 Millions` → `5980000`. Null where there is none.
 */
export function decimalText(value: string, format: NumberFormat = {}): string | null {
  const ascii = value.normalize("NFKC");
  const match = NUMBER.exec(ascii);
  if (match === null) return null;
  const before = ascii.slice(0, match.index);
  const raw = match[0].replaceAll(SPACES, "").replace(/[.,]+$/, "");
  const negative = /^[-−–]/.test(raw) && !/[\p{L}\d]$/u.test(before);
  const plain = plainDecimal(raw.replace(/^[-−–]/, ""), format.decimal);
  const power = POWERS.find(([word]) => word.test(ascii.slice(match.index + match[0].length)))?.[1] ?? 0;
  return `${negative ? "-" : ""}${shifted(plain, power)}`;
}

/** Without separators of thousands, with a point before the fraction. */
function plainDecimal(raw: string, decimal: "." | "," | undefined): string {
  const point = decimal ?? guessedPoint(raw);
  const thousands = point === "," ? "." : ",";
  const [whole = "", ...fraction] = raw.replaceAll(thousands, "").split(point);
  return fraction.length === 0 ? whole : `${whole}.${fraction.join("")}`;
}

/** The separator that comes last and alone is the point, unless exactly three digits behind it make it one of thousands. */
function guessedPoint(raw: string): "." | "," {
  const [dot, comma] = [raw.lastIndexOf("."), raw.lastIndexOf(",")];
  if (dot >= 0 && comma >= 0) return dot > comma ? "." : ",";
  if (dot < 0 && comma < 0) return ".";
  const sign = dot >= 0 ? "." : ",";
  const pieces = raw.split(sign);
  const grouped = pieces.slice(1).every((piece) => piece.length === 3) && (pieces[0] ?? "") !== "0";
  const isThousands = pieces.length > 2 ? grouped : grouped && sign === ",";
  if (isThousands) return sign === "." ? "," : ".";
  return sign;
}

function shifted(plain: string, power: number): string {
  const [whole = "", fraction = ""] = plain.split(".");
  const padded = fraction.padEnd(power, "0");
  const head = `${whole}${padded.slice(0, power)}`.replace(/^0+(?=\d)/, "");
  const tail = padded.slice(power);
  return tail === "" ? head : `${head}.${tail}`;
}

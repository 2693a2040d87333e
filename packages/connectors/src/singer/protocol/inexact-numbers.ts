const NINE = 57;
const ZERO = 48;
const POINT = 46;
const MINUS = 45;
const PLUS = 43;
const LOWER_E = 101;

/** Digits that a double holds whatever they are. */
const SAFE_DIGITS = 15;
/** Every run of so many digits has one at each such step. */
const STEP = 3;

/**
 * Whether the bytes of JSON texts may hold a number that `JSON.parse` would round: one with more than 15 digits or an
 * exponent of three. It looks at every third byte, so that lines without such numbers, nearly all, are not slowed down by
 * those that have one. True where digits inside of a text look so.
 */
export function mayHoldInexact(bytes: Uint8Array): boolean {
  for (let at = STEP - 1; at < bytes.length; at += STEP) {
    if (!isDigit(bytes[at])) continue;
    let start = at;
    while (start > 0 && isDigit(bytes[start - 1])) start--;
    let end = at + 1;
    while (end < bytes.length && isDigit(bytes[end])) end++;
    if (end - start > SAFE_DIGITS || (end - start >= STEP && isExponent(bytes, start))) return true;
    at = Math.max(at, end - STEP);
  }
  return false;
}

/** Digits, and the point between them. */
function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte <= NINE && (byte >= ZERO || byte === POINT);
}

function isExponent(bytes: Uint8Array, start: number): boolean {
  const before = bytes[start - 1];
  const letter = before === PLUS || before === MINUS ? bytes[start - 2] : before;
  return letter !== undefined && (letter | 32) === LOWER_E;
}

import { luhn } from "./luhn.ts";
import { weightedSum } from "./weighted-sum.ts";

interface VatForm {
  /** What stands behind the prefix. */
  readonly form: RegExp;
  /** Whether the check digits are right. */
  readonly check: (rest: string) => boolean;
}

/** Forms of VAT numbers and their check digits, by prefix. */
const FORMS: Readonly<Record<string, VatForm>> = {
  ATU: { form: /^\d{8}$/, check: austrian },
  BE: { form: /^[01]\d{9}$/, check: (n) => 97 - (Number(n.slice(0, 8)) % 97) === Number(n.slice(8)) },
  CHE: {
    form: /^\d{9}$/,
    check: (n) => (11 - (weightedSum(n, [5, 4, 3, 2, 7, 6, 5, 4]) % 11)) % 11 === Number(n[8]),
  },
  DE: { form: /^[1-9]\d{8}$/, check: modulo1110 },
  DK: { form: /^\d{8}$/, check: (n) => weightedSum(n, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0 },
  EE: { form: /^\d{9}$/, check: (n) => weightedSum(n, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0 },
  ES: { form: /^[A-Z0-9]\d{7}[A-Z0-9]$/, check: spanish },
  FI: { form: /^\d{8}$/, check: (n) => weightedSum(n, [7, 9, 10, 5, 8, 4, 2, 1]) % 11 === 0 },
  FR: {
    form: /^\d{11}$/,
    check: (n) => luhn(n.slice(2)) && (12 + 3 * (Number(n.slice(2)) % 97)) % 97 === Number(n.slice(0, 2)),
  },
  GB: { form: /^\d{9}(\d{3})?$/, check: british },
  IT: { form: /^\d{11}$/, check: luhn },
  LU: { form: /^\d{8}$/, check: (n) => Number(n.slice(0, 6)) % 89 === Number(n.slice(6)) },
  NL: { form: /^\d{9}B\d{2}$/, check: dutch },
  PL: { form: /^\d{10}$/, check: (n) => weightedSum(n, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(n[9]) },
  PT: {
    form: /^\d{9}$/,
    check: (n) => ((11 - (weightedSum(n, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === Number(n[8]),
  },
  SE: { form: /^\d{10}01$/, check: (n) => luhn(n.slice(0, 10)) },
};

/** What VAT numbers begin with, the longest first. */
export const VAT_PREFIXES = Object.keys(FORMS).toSorted((a, b) => b.length - a.length);

/** Whether a text without spaces and dots is a VAT number of its country, with check digits that are right. */
export function isVat(text: string): boolean {
  const prefix = VAT_PREFIXES.find((each) => text.startsWith(each));
  const known = prefix === undefined ? undefined : FORMS[prefix];
  if (prefix === undefined || known === undefined) return false;
  const rest = text.slice(prefix.length);
  return known.form.test(rest) && known.check(rest);
}

/** ISO 7064 MOD 11,10. */
function modulo1110(digits: string): boolean {
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 === Number(digits.at(-1));
}

function austrian(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < 7; i++) {
    const digit = Number(digits[i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : Math.trunc(doubled / 10) + (doubled % 10);
  }
  return (96 - sum) % 10 === Number(digits[7]);
}

function british(digits: string): boolean {
  const sum = weightedSum(digits, [8, 7, 6, 5, 4, 3, 2]) + Number(digits.slice(7, 9));
  return sum % 97 === 0 || (sum + 55) % 97 === 0;
}

function dutch(rest: string): boolean {
  const eleven = weightedSum(rest, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === Number(rest[8]);
  if (eleven) return true;
  // Numbers of sole traders since 2020: ISO 7064 over the whole, letters as numbers.
  const numbers = Array.from(`NL${rest}`).map((each) =>
    /\d/.test(each) ? each : String(each.charCodeAt(0) - 55),
  );
  return BigInt(numbers.join("")) % 97n === 1n;
}

/** Companies: a digit or a letter by Luhn; people: the letter by the number's remainder. */
function spanish(rest: string): boolean {
  const LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
  const last = rest.at(-1) ?? "";
  const person = /^(\d|[XYZ])(\d{7})[A-Z]$/.exec(rest);
  if (person !== null) {
    const first = "XYZ".indexOf(person[1] ?? "");
    const number = Number(`${first === -1 ? person[1] : first}${person[2]}`);
    return LETTERS[number % 23] === last;
  }
  if (!/^[ABCDEFGHJNPQRSUVW]/.test(rest)) return false;
  const digits = rest.slice(1, 8);
  const control = Array.from("0123456789").findIndex((each) => luhn(digits + each));
  return last === String(control) || last === "JABCDEFGHI"[control];
}

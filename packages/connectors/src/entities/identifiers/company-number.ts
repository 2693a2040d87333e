import { luhn } from "./luhn.ts";
import { mod97 } from "./mod-97.ts";
import { weightedSum } from "./weighted-sum.ts";

/** How a country writes the numbers of its companies. */
export interface CompanyNumberForm {
  /** ISO 3166; undefined where the number is not of one country. */
  readonly country?: string;
  /** The number with its label; what is the number is in the group `number`. */
  readonly form: RegExp;
  /** Whether the check digit is right. Absent: the number has none, and its label alone tells. */
  readonly check?: (compact: string) => boolean;
}

/** Registers whose numbers are known. Patterns are used anew for each text, so that they keep no place. */
export const COMPANY_NUMBERS: readonly CompanyNumberForm[] = [
  {
    country: "DE",
    form: /\b(?<number>HR\s?[AB]\s?(?:Nr\.?\s?)?\d{1,6}(?:\s?[A-Z]{1,2})?)(?![\w-])/g,
  },
  { country: "AT", form: /\b(?<number>FN\s?\d{1,6}\s?[a-z])(?!\w)/g },
  {
    country: "CH",
    form: /\b(?<number>CHE-?\d{3}\.?\d{3}\.?\d{3})\b(?!\s*(?:MWST|TVA|IVA|VAT))/g,
    check: (number) =>
      (11 - (weightedSum(number.slice(3), [5, 4, 3, 2, 7, 6, 5, 4]) % 11)) % 11 === Number(number.at(-1)),
  },
  {
    country: "GB",
    form: /\b(?:company|registration|registered|registrar)\s+(?:registration\s+)?(?:no\.?|number|nr\.?)[\s:]*(?:is\s+)?(?<number>(?:SC|NI|OC|SO|NC)\d{6}|\d{8})\b/gi,
  },
  {
    country: "FR",
    form: /\b(?:SIREN|RCS(?:\s+\p{Lu}\p{L}+)?)[\s:n°]*(?<number>\d{3}\s?\d{3}\s?\d{3})(?!\s?\d)/gu,
    check: luhn,
  },
  { country: "FR", form: /\bSIRET[\s:n°]*(?<number>\d{3}\s?\d{3}\s?\d{3}\s?\d{5})\b/g, check: luhn },
  {
    country: "NO",
    form: /\bOrg\.?\s?(?:nr|no)\.?[\s:]*(?<number>\d{3}\s?\d{3}\s?\d{3})\b(?!\s?MVA)/gi,
    check: (number) => (11 - (weightedSum(number, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(number[8]),
  },
  {
    country: "SE",
    form: /\bOrg\.?\s?(?:nr|no)\.?[\s:]*(?<number>\d{6}-\d{4})\b/gi,
    check: (number) => luhn(number.replace("-", "")),
  },
  { form: /\b(?<number>[A-Z0-9]{18}\d{2})\b/g, check: (number) => mod97(number) === 1 },
  { country: "US", form: /\bEIN[\s:#]*(?<number>\d{2}-\d{7})\b/g },
];

/** Letters that engines take digits for. */
const LOOK_ALIKE: Readonly<Record<string, string>> = {
  O: "0",
  o: "0",
  l: "1",
  I: "1",
  "|": "1",
  S: "5",
  B: "8",
};
/** Something before and behind that belongs to an amount and not to its number. */
const PARTS = /^([^\dA-Za-z|]*)([\dOolISB|][\dOolISB|.,]*)([^\dA-Za-z]*)$/;

/**
 * A number as its locale writes it, where it was misread for sure; the same text where it is right or nobody can know.
 * `37.499.96` becomes `37,499.96` in English and `37.499,96` in German; `1O0.00` becomes `100.00`.
 */
export function repairNumber(text: string, locale: "en" | "de"): string {
  const match = PARTS.exec(text);
  if (match === null) return text;
  const [, before = "", body = "", behind = ""] = match;
  // A comma or full stop at the end belongs to the sentence.
  const end = /[.,]*$/.exec(body)?.[0] ?? "";
  const digits = readDigits(body.slice(0, body.length - end.length));
  return digits === undefined ? text : `${before}${separated(digits, locale)}${end}${behind}`;
}

/** Only digits and separators; undefined where letters are no misread digits of an amount. */
function readDigits(body: string): string | undefined {
  if (!/[A-Za-z|]/.test(body)) return body;
  const digits = (body.match(/\d/g) ?? []).length;
  const letters = (body.match(/[A-Za-z|]/g) ?? []).length;
  if (digits <= letters || !/[.,]/.test(body)) return undefined;
  return body.replaceAll(/[A-Za-z|]/g, (letter) => LOOK_ALIKE[letter] ?? letter);
}

function separated(body: string, locale: "en" | "de"): string {
  const groups = body.split(/[.,]/);
  const separators = body.match(/[.,]/g) ?? [];
  const [group, decimal] = locale === "en" ? [",", "."] : [".", ","];
  const [first = "", ...rest] = groups;
  const last = rest.at(-1) ?? "";
  if (rest.length < 2 || first.length > 3 || first === "") return body;
  if (!rest.slice(0, -1).every(({ length }) => length === 3)) return body;
  // Two digits at the end are cents, whatever stands before them.
  if (last.length === 2) return `${groups.slice(0, -1).join(group)}${decimal}${last}`;
  // Three digits at the end after the same separators are a whole number, in whichever style.
  const same = separators.every((separator) => separator === separators[0]);
  return last.length === 3 && same ? groups.join(group) : body;
}

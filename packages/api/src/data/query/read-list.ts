import { MillraceError } from "@millrace/core";

/**
 * Reads a list as a line of CSV has it: values between commas, in double quotes where they hold one, with "" for a quote.
 * Fails with MLR_ARGUMENT_INVALID where a quote is not closed.
 */
export function readList(text: string, field: string): readonly string[] {
  if (text === "") return [];
  const values: string[] = [];
  const part = /\s*(?:"((?:[^"]|"")*)"\s*|([^,"]*))(,|$)/gy;
  for (;;) {
    const found = part.exec(text);
    if (found === null) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `"${field}" is no list: a quote is not closed, or stands inside a value`,
        {
          hint: 'Write values with a comma or quote in them as "a,b" and "say ""yes""".',
          details: { field },
        },
      );
    }
    const [, quoted, plain = "", end] = found;
    values.push(quoted === undefined ? plain.trimEnd() : quoted.replaceAll('""', '"'));
    if (end === "") return values;
  }
}

import { MillraceError } from "@millrace/core";

/**
 * Names of the columns from the fields of a header: trimmed, `column_N` where one is empty.
 * Fails with MLR_SOURCE_FORMAT where names come twice and `duplicates` is `error`.
 */
export function columnNames(
  fields: readonly (string | null)[],
  duplicates: "error" | "suffix",
  where: string,
): string[] {
  const names = fields.map((field, index) => {
    const name = (field ?? "").trim();
    return name === "" ? `column_${index + 1}` : name;
  });
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length === 0) return names;
  if (duplicates === "suffix") return withSuffixes(names);
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${where}: the header has ${twice.length === 1 ? "a name" : "names"} twice: ${twice.join(", ")}`,
    {
      hint: 'Correct the header, call the second one `name_2` with `duplicateHeaders: "suffix"`, or give all names with `header: [...]` and `skipLines: 1`.',
      details: { names: twice },
    },
  );
}

function withSuffixes(names: readonly string[]): string[] {
  const used = new Set<string>(names);
  const seen = new Set<string>();
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (used.has(`${name}_${number}`)) number++;
    used.add(`${name}_${number}`);
    return `${name}_${number}`;
  });
}

/** Words that names of types must not take. */
const TAKEN: ReadonlySet<string> = new Set([
  ...["Query", "Subscription", "Mutation", "String", "Int", "Float", "Boolean", "ID", "PageInfo"],
  ...[
    "BigInt",
    "Decimal",
    "Date",
    "Time",
    "Timestamp",
    "TimestampTz",
    "Interval",
    "Uuid",
    "Json",
    "Bytes",
    "Text",
  ],
]);

/** Gives each name of the database one that GraphQL can have, and no two the same. In the order of `names`. */
export function graphqlNames(names: Iterable<string>): ReadonlyMap<string, string> {
  const given = new Set<string>();
  const made = new Map<string, string>();
  for (const name of names) {
    const plain = name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^__+/, "_");
    const begun = /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
    let free = begun;
    for (let at = 2; given.has(free); at++) free = `${begun}_${at}`;
    given.add(free);
    made.set(name, free);
  }
  return made;
}

/** Name of the type of a table's rows: `order_lines` becomes `OrderLines`. */
export function typeName(field: string): string {
  const name = field
    .split("_")
    .filter((part) => part !== "")
    .map((part) => `${part[0]?.toUpperCase()}${part.slice(1)}`)
    .join("");
  const begun = /^[A-Za-z]/.test(name) ? name : `Table${name}`;
  return TAKEN.has(begun) ? `${begun}Table` : begun;
}

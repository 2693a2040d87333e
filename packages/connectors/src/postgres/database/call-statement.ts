import { MillraceError, type Statements } from "@millrace/core";
import { quoteIdentifier } from "../quote.ts";

interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  /** One letter per argument: i in, o out, b both, v variadic, t table. */
  readonly modes: string[];
}

const ROUTINES = `
SELECT n.nspname AS schema, p.proname AS name, p.prokind::text AS kind,
  coalesce(p.proargmodes::text[], array_fill('i'::text, ARRAY[p.pronargs])) AS modes
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
  (SELECT parse_ident($1) AS parts) AS given
WHERE p.proname = given.parts[cardinality(given.parts)] AND p.prokind IN ('p', 'f')
  AND CASE WHEN cardinality(given.parts) > 1 THEN n.nspname = given.parts[cardinality(given.parts) - 1]
    ELSE pg_catalog.pg_function_is_visible(p.oid) END
ORDER BY p.prokind DESC, p.oid`;

/**
 * The statement that calls a procedure, or a function, which most PostgreSQL databases have in place of procedures. Fails
 * with MLR_DATABASE_FAILED where there is none of that name that takes so many values.
 * @param procedure its name, perhaps with the schema: `sales.refresh`.
 */
export async function callStatement(
  statements: Statements,
  procedure: string,
  values: readonly unknown[],
): Promise<{ text: string; values: readonly unknown[] }> {
  const routines = (await statements.query(ROUTINES, [procedure])) as unknown as readonly Routine[];
  const fitting = routines.find((routine) => takes(routine, values.length));
  if (fitting === undefined) {
    const count = `${values.length} ${values.length === 1 ? "value" : "values"}`;
    throw new MillraceError(
      "MLR_DATABASE_FAILED",
      routines.length === 0
        ? `there is no procedure or function "${procedure}"`
        : `procedure "${procedure}" does not take ${count}`,
      { hint: "Name it as it would be in a CALL, with its schema unless that is in the search_path." },
    );
  }
  const name = `${quoteIdentifier(fitting.schema)}.${quoteIdentifier(fitting.name)}`;
  if (fitting.kind === "f") {
    const places = values.map((_value, index) => `$${index + 1}`);
    return { text: `SELECT * FROM ${name}(${places.join(", ")})`, values };
  }
  return { text: `CALL ${name}(${places(fitting.modes, values.length)})`, values };
}

function takes({ kind, modes }: Routine, count: number): boolean {
  const required = modes.filter((mode) => mode === "i").length;
  const most = modes.filter((mode) => mode !== "o" && mode !== "t").length;
  // Functions may have defaults, of which the server knows; procedures get null for what only comes out.
  return modes.includes("v") || (count <= most && (kind === "f" || count >= required));
}

/** Every argument of a procedure has to be there, also those that only come out. */
function places(modes: readonly string[], count: number): string {
  let next = 1;
  return modes.map((mode) => (mode === "o" || next > count ? "NULL" : `$${next++}`)).join(", ");
}

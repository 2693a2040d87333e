import type { Destination } from "./destination.ts";
import type { Json } from "./json.ts";
import { parseOptions } from "./options.ts";
import { tableOptions, type ResolvedTableOptions, type TableOptions } from "./table-options.ts";
import type { Environment, Target } from "./target.ts";

/** A destination before it is said which table rows land in: what `postgres()` and its like return. */
export interface TableTarget {
  /** Every stream lands in this table; nested streams get tables of their own beside it. `sales.orders` is table `orders` in namespace `sales`. */
  table(name: string, options?: Omit<TableOptions, "name">): Target;
  /** Each stream lands in the table it is given here. */
  tables(options: Readonly<Record<string, TableOptions>>): Target;
}

/** What `tableTarget` needs of a destination. */
export interface TableTargetOptions {
  /** A word for people, such as `postgres`. */
  readonly kind: string;
  /** What it was made with as plain data, for `Target.portable`. Default: it cannot be told. */
  portable?(): Json;
  /** Makes the destination; does not connect yet. */
  destination(environment: Environment): Promise<Destination>;
}

/** The two ways of saying where rows land, for a destination with tables. */
export function tableTarget({ kind, destination, portable }: TableTargetOptions): TableTarget {
  const tells = portable === undefined ? {} : { portable };
  return {
    table(name, own = {}) {
      const where = `${kind}().table(${JSON.stringify(name)})`;
      const resolved = parseOptions(tableOptions, { ...placeOf(name, own.namespace), ...own }, where);
      return { kind, tableFor: () => resolved, tables: [resolved], destination, ...tells };
    },
    tables(own) {
      const resolved = new Map<string, ResolvedTableOptions>(
        Object.entries(own).map(([stream, each]) => [
          stream,
          parseOptions(tableOptions, each, `${kind}().tables(): stream ${JSON.stringify(stream)}`),
        ]),
      );
      return {
        kind,
        tableFor: (stream) => resolved.get(stream),
        tables: [...resolved.values()],
        streams: [...resolved.keys()],
        destination,
        ...tells,
      };
    },
  };
}

/** A name with one dot says the namespace as well, unless that is given apart. */
function placeOf(name: string, namespace: string | undefined): { name: string; namespace?: string } {
  const parts = name.split(".");
  const [first = "", second = ""] = parts;
  if (namespace !== undefined || parts.length !== 2 || first === "" || second === "") return { name };
  return { name: second, namespace: first };
}

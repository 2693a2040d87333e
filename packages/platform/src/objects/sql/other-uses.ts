import { isBuiltInFunction, isCatalog } from "./built-in.ts";
import { listOf, type Part, partOf, type SqlUse, SqlUses, textOf } from "./sql-use.ts";

/** What the statement itself calls so: of WITH, and aliases of tables by what they stand for. */
interface Names {
  readonly queries: ReadonlySet<string>;
}

type Handler = (node: Part, names: Names) => void;

/** Reads what a statement uses out of the tree that datafusion-sqlparser makes of it. */
export class OtherUses {
  readonly #uses = new SqlUses();
  readonly #selfNamed: boolean;
  /** By the name of a node. A node of the same name may stand for something else, so each looks at its parts as well. */
  readonly #handlers: Readonly<Record<string, Handler>> = {
    Query: (node, names) => this.#query(node, names),
    Table: (node, names) => {
      if ("name" in node) this.#from(node, names);
      else this.#look(node, names);
    },
    Select: (node, names) => {
      const { into, ...parts } = node;
      this.#add("table", partOf(into)["name"], "create");
      if (listOf(node["from"]).length === 0) this.#calls(node["projection"]);
      this.#look(parts, names);
    },
    Insert: (node, names) => {
      const { table, ...parts } = node;
      this.#add("table", partOf(table)["TableName"], "write");
      this.#look(parts, names);
    },
    Update: (node, names) => this.#update(node, names),
    Delete: (node, names) => this.#delete(node, names),
    Merge: (node, names) => {
      const { table, clauses, ...parts } = node;
      const target = partOf(partOf(table)["Table"])["name"];
      const actions = listOf(clauses).map((each) => partOf(partOf(each)["action"]));
      if (actions.some((action) => "Delete" in action)) this.#add("table", target, "delete");
      this.#add("table", target, "write");
      this.#look(parts, names);
    },
    CreateTable: (node, names) => {
      const { name, temporary, ...parts } = node;
      this.#add("table", name, "create", temporary === true);
      this.#add("table", partOf(node["like"])["name"] ?? node["clone"], "read");
      this.#look(parts, names);
    },
    CreateView: (node, names) => {
      this.#add("view", node["name"], "create", node["temporary"] === true);
      this.#add("table", node["to"], "write");
      this.#look(node["query"], names, "Query");
    },
    AlterView: (node, names) => {
      this.#add("view", node["name"], "alter");
      this.#look(node["query"], names, "Query");
    },
    CreateProcedure: (node) => this.#add("procedure", node["name"], "create"),
    CreateFunction: (node) => this.#add("function", node["name"], "create"),
    CreateSequence: (node) => this.#add("sequence", node["name"], "create"),
    CreateSchema: (node) => this.#add("schema", partOf(node["schema_name"])["Simple"], "create"),
    CreateIndex: (node) => this.#add("table", node["table_name"], "alter"),
    AlterTable: (node) => this.#add("table", node["name"], "alter"),
    OptimizeTable: (node) => this.#add("table", node["name"], "alter"),
    Truncate: (node) => {
      for (const each of listOf(node["table_names"])) this.#add("table", partOf(each)["name"], "delete");
    },
    LockTables: (node) => {
      for (const each of listOf(node["tables"])) {
        this.#uses.add("table", [textOf(partOf(partOf(each)["table"])["value"])], "lock");
      }
    },
    Drop: (node) => {
      const kind = DROPS[textOf(node["object_type"])];
      for (const each of listOf(node["names"])) if (kind !== undefined) this.#add(kind, each, "drop");
    },
    DropProcedure: (node) => {
      for (const each of listOf(node["proc_desc"])) this.#add("procedure", partOf(each)["name"], "drop");
    },
    Call: (node) => this.#add("procedure", node["name"], "call"),
    Execute: (node) => this.#add("procedure", node["name"], "call"),
  };

  /** @param selfNamed a query of WITH may use its own name without RECURSIVE, as in SQL Server */
  constructor(selfNamed: boolean) {
    this.#selfNamed = selfNamed;
  }

  /** @param tree what `parse` gives; @param dialect as the parser calls it */
  static read(tree: unknown, dialect: string): SqlUse[] {
    const reader = new OtherUses(dialect === "mssql");
    for (const each of listOf(tree)) {
      for (const { old_name: from, new_name: to } of listOf(partOf(each)["RenameTable"]).map(partOf)) {
        reader.#add("table", from, "alter");
        reader.#add("table", to, "create");
      }
      reader.#look(each, { queries: new Set() });
    }
    return reader.#uses.all;
  }

  /** @param as the name of the node, where its parent does not say it */
  #look(value: unknown, names: Names, as?: string): void {
    if (as !== undefined) return this.#look({ [as]: value }, names);
    if (Array.isArray(value)) {
      for (const each of value) this.#look(each, names);
      return;
    }
    const part = partOf(value);
    if ("body" in part && "with" in part) return this.#query(part, names);
    for (const [type, node] of Object.entries(part)) {
      const handler = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined;
      // SetExpr has a statement of the same name within.
      const known = handler !== undefined && !Array.isArray(node) && !(type in partOf(node));
      if (known) handler(partOf(node), names);
      else this.#look(node, names);
    }
  }

  #query(node: Part, outer: Names): void {
    const { with: clause, ...parts } = node;
    const tables = listOf(partOf(clause)["cte_tables"]).map(partOf);
    const queries = new Set(outer.queries);
    const nameOf = (each: Part): string =>
      textOf(partOf(partOf(each["alias"])["name"])["value"]).toLowerCase();
    if (partOf(clause)["recursive"] === true) for (const each of tables) queries.add(nameOf(each));
    for (const each of tables) {
      if (this.#selfNamed) queries.add(nameOf(each));
      this.#look(each["query"], { queries: new Set(queries) }, "Query");
      queries.add(nameOf(each));
    }
    this.#look(parts, { queries });
  }

  /** A table or a function in FROM. */
  #from(node: Part, names: Names): void {
    const { name, args, alias: _, ...parts } = node;
    const path = pathOf(name);
    if (args !== undefined && args !== null) {
      if (!isBuiltInFunction(path)) this.#uses.add("function", path, "call");
      this.#look(args, names);
    } else if (path.length > 1 || !names.queries.has((path[0] ?? "").toLowerCase())) {
      this.#add("table", name, "read");
    }
    this.#look(parts, names);
  }

  #update(node: Part, names: Names): void {
    const { table, assignments, ...parts } = node;
    const from = Object.values(partOf(node["from"])).flat();
    const own = tablesIn([table]);
    const sources = tablesIn(from);
    const owners = listOf(assignments).flatMap((each) => {
      const path = pathOf(partOf(partOf(each)["target"])["ColumnName"]);
      return path.length > 1 ? [path.slice(0, -1)] : [];
    });
    // In MySQL the columns say which of the joined tables is changed, in SQL Server the alias of one in FROM does.
    const changed =
      own.length > 1 && owners.length > 0
        ? owners.map((owner) => resolve(owner, own))
        : own.slice(0, 1).map(({ path }) => resolve(path, sources));
    for (const path of changed) this.#change(path, "write", names);
    // The only one that stands before SET may be the alias of one in FROM.
    const others = own.length > 1 ? [...own, ...sources] : sources;
    for (const { path } of others) if (!changed.some((each) => same(each, path))) this.#read(path, names);
    this.#look(derivedIn([table, ...from]), names);
    this.#look({ ...parts, from: null, assignments }, names);
  }

  #delete(node: Part, names: Names): void {
    const from = Object.values(partOf(node["from"])).flat();
    const sources = tablesIn(from);
    const targets = listOf(node["tables"]).map(pathOf);
    const changed =
      targets.length > 0
        ? targets.map((path) => resolve(path, sources))
        : sources.slice(0, 1).map(({ path }) => path);
    for (const path of changed) this.#change(path, "delete", names);
    for (const { path } of sources) if (!changed.some((each) => same(each, path))) this.#read(path, names);
    this.#look(derivedIn(from), names);
    this.#look({ ...node, from: null, tables: null }, names);
  }

  /** SQL Server deletes from a query of WITH: its tables are told as read. */
  #change(path: readonly string[], use: SqlUse["use"], names: Names): void {
    if (path.length === 1 && names.queries.has((path[0] ?? "").toLowerCase())) return;
    if (!isCatalog(path)) this.#uses.add("table", path, use, isTemporary(path));
  }

  #read(path: readonly string[], names: Names): void {
    this.#change(path, "read", names);
  }

  #calls(projection: unknown): void {
    for (const each of listOf(projection)) {
      const expression = partOf(partOf(each)["UnnamedExpr"] ?? partOf(partOf(each)["ExprWithAlias"])["expr"]);
      const path = pathOf(partOf(expression["Function"])["name"]);
      if (path.length > 0 && !isBuiltInFunction(path)) this.#uses.add("function", path, "call");
    }
  }

  #add(kind: SqlUse["kind"], name: unknown, use: SqlUse["use"], temporary = false): void {
    const path = pathOf(name);
    if (kind === "table" && isCatalog(path)) return;
    this.#uses.add(kind, path, use, temporary || isTemporary(path));
  }
}

const DROPS: Readonly<Record<string, SqlUse["kind"]>> = {
  Table: "table",
  View: "view",
  MaterializedView: "view",
  Sequence: "sequence",
  Schema: "schema",
};

interface NamedTable {
  readonly path: readonly string[];
  readonly alias: string | undefined;
}

/** The tables of FROM with their joins, in their order. */
function tablesIn(from: readonly unknown[]): NamedTable[] {
  return relationsIn(from).flatMap(({ Table }) => {
    const { name, alias, args } = partOf(Table);
    if (Table === undefined || (args !== undefined && args !== null)) return [];
    const known = partOf(partOf(alias)["name"])["value"];
    return [{ path: pathOf(name), alias: typeof known === "string" ? known : undefined }];
  });
}

/** What stands in FROM besides tables, and the conditions of joins. */
function derivedIn(from: readonly unknown[]): unknown[] {
  const conditions = from.flatMap((each) =>
    listOf(partOf(each)["joins"]).map((join) => partOf(join)["join_operator"]),
  );
  return [...relationsIn(from).filter(({ Table }) => Table === undefined), ...conditions];
}

function relationsIn(from: readonly unknown[]): Part[] {
  return from.flatMap((each) => {
    const { relation, joins } = partOf(each);
    return [relation, ...listOf(joins).map((join) => partOf(join)["relation"])].map(partOf);
  });
}

/** What an alias stands for, or a shorter name; the path itself where it is neither. */
function resolve(path: readonly string[], tables: readonly NamedTable[]): readonly string[] {
  const [only] = path;
  const lower = only?.toLowerCase();
  const named =
    path.length === 1
      ? tables.find(({ alias, path: own }) => (alias ?? own.at(-1) ?? "").toLowerCase() === lower)
      : undefined;
  return named?.path ?? path;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join("\0").toLowerCase() === b.join("\0").toLowerCase();
}

/** Temporary tables of SQL Server. */
function isTemporary(path: readonly string[]): boolean {
  return path.at(-1)?.startsWith("#") === true;
}

/** A name's parts; empty where it is not made of plain names. */
function pathOf(name: unknown): string[] {
  const parts = listOf(name).map((each) => {
    const { Identifier, value } = partOf(each);
    return textOf(partOf(Identifier)["value"] ?? value);
  });
  return parts.includes("") && parts.length < 3 ? [] : parts.filter((part) => part !== "");
}

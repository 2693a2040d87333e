import { isBuiltInFunction, isCatalog } from "./built-in.ts";
import { listOf, type Part, partOf, type SqlUse, SqlUses, textOf } from "./sql-use.ts";

type Names = ReadonlySet<string>;
type Handler = (node: Part, names: Names) => void;

/** Reads what a statement uses out of the tree that PostgreSQL's own parser makes of it. */
export class PostgresUses {
  readonly #uses = new SqlUses();
  /** A statement holds code in another language, such as DO. */
  opaque = false;
  /** By the type of a node. Each looks through its own parts, but for those of `#look`. */
  readonly #handlers: Readonly<Record<string, Handler>> = {
    RangeVar: (node, names) => this.#table(node, "read", names),
    RangeFunction: (node, names) => {
      // Each with the columns that it is said to have, in a list of two.
      for (const { List } of nodesIn(node["functions"])) {
        for (const { FuncCall } of nodesIn(partOf(List)["items"])) this.#function(partOf(FuncCall));
      }
      this.#look(node, names);
    },
    SelectStmt: (node, names) => this.#select(node, names),
    InsertStmt: (node, names) => this.#change(node, "write", names),
    UpdateStmt: (node, names) => this.#change(node, "write", names),
    DeleteStmt: (node, names) => this.#change(node, "delete", names),
    MergeStmt: (node, names) => {
      const clauses = listOf(node["mergeWhenClauses"]).map(
        (each) => partOf(partOf(each)["MergeWhenClause"])["commandType"],
      );
      if (clauses.includes("CMD_DELETE")) this.#table(node["relation"], "delete", new Set());
      this.#change(node, "write", names);
    },
    CopyStmt: (node, names) => {
      this.#table(node["relation"], node["is_from"] === true ? "write" : "read", new Set());
      this.#look(node["query"], names);
    },
    TruncateStmt: (node) => this.#tables(node["relations"], "delete"),
    LockStmt: (node) => this.#tables(node["relations"], "lock"),
    CallStmt: (node) => this.#uses.add("procedure", namesOf(partOf(node["funccall"])["funcname"]), "call"),
    DoStmt: () => void (this.opaque = true),
    CreateStmt: (node) => {
      this.#table(node["relation"], "create", new Set());
      this.#tables(node["inhRelations"], "alter");
    },
    CreateTableAsStmt: (node, names) => {
      const rel = partOf(node["into"])["rel"];
      this.#relation(node["objtype"] === "OBJECT_MATVIEW" ? "view" : "table", rel, "create");
      this.#look(node["query"], names);
    },
    ViewStmt: (node, names) => {
      this.#relation("view", node["view"], "create");
      this.#look(node["query"], names);
    },
    RefreshMatViewStmt: (node) => this.#relation("view", node["relation"], "write"),
    CreateSeqStmt: (node) => this.#relation("sequence", node["sequence"], "create"),
    AlterSeqStmt: (node) => this.#relation("sequence", node["sequence"], "alter"),
    CreateSchemaStmt: (node) => this.#uses.add("schema", [textOf(node["schemaname"])], "create"),
    CreateFunctionStmt: (node) => {
      const kind = node["is_procedure"] === true ? "procedure" : "function";
      this.#uses.add(kind, namesOf(node["funcname"]), "create");
    },
    AlterTableStmt: (node) => this.#alter(node["relation"], node["objtype"]),
    RenameStmt: (node) => this.#alter(node["relation"], node["renameType"]),
    AlterObjectSchemaStmt: (node) => this.#alter(node["relation"], node["objectType"]),
    IndexStmt: (node) => this.#alter(node["relation"], "OBJECT_TABLE"),
    CreateTrigStmt: (node) => this.#alter(node["relation"], "OBJECT_TABLE"),
    RuleStmt: (node) => this.#alter(node["relation"], "OBJECT_TABLE"),
    GrantStmt: (node) => this.#tables(node["objects"], "alter"),
    DropStmt: (node) => this.#drop(node),
    // They name columns and types, not tables.
    ColumnRef: () => undefined,
    TypeName: () => undefined,
    VacuumStmt: () => undefined,
    CommentStmt: () => undefined,
  };

  /** @param tree what `parse` gives */
  static read(tree: unknown): { readonly uses: SqlUse[]; readonly opaque: boolean } {
    const reader = new PostgresUses();
    for (const each of listOf(partOf(tree)["stmts"])) reader.#look(partOf(each)["stmt"], new Set());
    return { uses: reader.#uses.all, opaque: reader.opaque };
  }

  /** @param names what the statement itself calls so: such a name is no table */
  #look(value: unknown, names: Names): void {
    if (Array.isArray(value)) {
      for (const each of value) this.#look(each, names);
      return;
    }
    for (const [type, node] of Object.entries(partOf(value))) {
      const handler = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined;
      if (handler !== undefined) handler(partOf(node), names);
      else this.#look(node, names);
    }
  }

  #select(node: Part, outer: Names): void {
    const names = this.#with(node, outer);
    const { withClause: _, intoClause, larg, rarg, ...parts } = node;
    this.#relation("table", partOf(intoClause)["rel"], "create");
    for (const each of [larg, rarg]) if (each !== undefined) this.#select(partOf(each), names);
    // A function that is called for what it does stands alone.
    if (node["fromClause"] === undefined) {
      for (const { ResTarget } of nodesIn(node["targetList"])) {
        this.#function(partOf(partOf(partOf(ResTarget)["val"])["FuncCall"]));
      }
    }
    this.#look(parts, names);
  }

  /** INSERT, UPDATE, DELETE, MERGE: their target is a table, whatever WITH calls so. */
  #change(node: Part, use: SqlUse["use"], outer: Names): void {
    const names = this.#with(node, outer);
    const { withClause: _, relation, ...parts } = node;
    this.#table(relation, use, new Set());
    this.#look(parts, names);
  }

  /** Looks through the queries of WITH, and gives the names that hold after it. */
  #with(node: Part, outer: Names): Names {
    const clause = partOf(node["withClause"]);
    const tables = nodesIn(clause["ctes"]).map(({ CommonTableExpr }) => partOf(CommonTableExpr));
    const names = new Set(outer);
    if (clause["recursive"] === true) for (const each of tables) names.add(textOf(each["ctename"]));
    for (const each of tables) {
      this.#look(each["ctequery"], new Set(names));
      names.add(textOf(each["ctename"]));
    }
    return names;
  }

  #table(value: unknown, use: SqlUse["use"], names: Names): void {
    const node = partOf(value);
    if (node["schemaname"] === undefined && names.has(textOf(node["relname"]))) return;
    this.#relation("table", node, use);
  }

  #tables(value: unknown, use: SqlUse["use"]): void {
    for (const { RangeVar } of nodesIn(value)) this.#table(RangeVar, use, new Set());
  }

  #relation(kind: SqlUse["kind"], value: unknown, use: SqlUse["use"]): void {
    const { catalogname, schemaname, relname, relpersistence } = partOf(value);
    const parts = [catalogname, schemaname, relname].map(textOf).filter((part) => part !== "");
    const temporary = relpersistence === "t" || schemaname === "pg_temp";
    if (!isCatalog(parts)) this.#uses.add(kind, parts, use, temporary);
  }

  #alter(value: unknown, type: unknown): void {
    this.#relation(KINDS[textOf(type)] ?? "table", value, "alter");
  }

  #function({ funcname }: Part): void {
    const parts = namesOf(funcname);
    if (!isBuiltInFunction(parts)) this.#uses.add("function", parts, "call");
  }

  #drop({ objects, removeType }: Part): void {
    const kind = KINDS[textOf(removeType)];
    if (kind === undefined) return;
    for (const { List, ObjectWithArgs, String } of nodesIn(objects)) {
      const parts =
        List === undefined
          ? ObjectWithArgs === undefined
            ? [textOf(partOf(String)["sval"])]
            : namesOf(partOf(ObjectWithArgs)["objname"])
          : namesOf(partOf(List)["items"]);
      this.#uses.add(kind, parts, "drop");
    }
  }
}

const KINDS: Readonly<Record<string, SqlUse["kind"]>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "view",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_SCHEMA: "schema",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_ROUTINE: "procedure",
};

function nodesIn(value: unknown): readonly Part[] {
  return listOf(value).map(partOf);
}

function namesOf(value: unknown): string[] {
  return listOf(value).map((each) => textOf(partOf(partOf(each)["String"])["sval"]));
}

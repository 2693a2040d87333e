import { DiffBranches, type DiffScope } from "./diff-branches.ts";

/** Columns of a comparison that are 0 or 1. */
const FLAGS = ["st", "live", "ins", "upd", "same", "restored", "orphan"];

/**
 * Builds the statement that compares what came with what is stored: one row per key, made by one GROUP BY over the
 * union of both, which goes to the server's disk where it is large. Sources (`src`): 1 the rows that came, 2 the rows
 * that are stored, 3 keys of rejected rows, 4 keys that epochs saw in earlier commits.
 *
 * Columns of the outcome: `o` number of the row that came last and wins · `grp` its group · `o_ver` version of the stored
 * row · `st` a row came · `live` a row was there · `ins`, `upd`, `same`, `restored` what becomes of it · `orphan` its parent
 * came without it · `removed_by` place, from 1 up, of the first completed epoch that removes it · `before` by epoch: it counts
 * among the rows that the removals are measured against · `m…` epochs that saw it · `g…` epochs of the row that wins.
 */
export class DiffSql {
  readonly #scope: DiffScope;
  readonly #branches: DiffBranches;
  readonly #words: readonly number[];

  constructor(scope: DiffScope) {
    this.#scope = scope;
    this.#branches = new DiffBranches(scope);
    this.#words = Array.from({ length: scope.marks.words }, (_, word) => word);
  }

  /** Key columns under the names of the comparison. */
  get key(): readonly string[] {
    return this.#branches.key;
  }

  /** Columns of the outcome behind the key, in the order of `select`. */
  get columns(): readonly { readonly name: string; readonly sql: string }[] {
    const number = (name: string): { name: string; sql: string } => ({ name, sql: "UInt64" });
    return [
      ...["o", "grp", "o_ver"].map(number),
      ...FLAGS.map((name) => ({ name, sql: "UInt8" })),
      { name: "removed_by", sql: "UInt32" },
      { name: "before", sql: "Array(UInt8)" },
      ...this.#words.flatMap((word) => [number(`m${word}`), number(`g${word}`)]),
    ];
  }

  /** SELECT of the outcome; `where` limits the stored rows that are looked at. */
  select(where: string): string {
    return `SELECT ${this.#outcome().join(",\n  ")}\nFROM (\n${this.#grouped(where)}\n)`;
  }

  #outcome(): string[] {
    const { context, orphans } = this.#scope;
    const equal =
      context.layout.definition.mode === "merge" ? `(s_hash = o_hash OR ${this.#stale})` : this.#stale;
    const orphan = orphans ? "live AND NOT st AND kept_ = 0 AND o_own AND o_pseq_ > 0" : "0";
    return [
      ...this.key,
      "o",
      "s_grp AS grp",
      "o_ver",
      "toUInt8(o > 0 AND s_pseq_ <= s_seq) AS st",
      "toUInt8(has > 0 AND o_gone = 0) AS live",
      "toUInt8(st AND NOT live) AS ins",
      `toUInt8(st AND live AND NOT ${equal}) AS upd`,
      `toUInt8(st AND live AND ${equal}) AS same`,
      "toUInt8(ins AND has > 0 AND o_gone = 1) AS restored",
      `toUInt8(${orphan}) AS orphan`,
      `toUInt32(${this.#removedBy()}) AS removed_by`,
      `${this.#before()} AS before`,
      ...this.#words.flatMap((word) => [`m${word}_ AS m${word}`, `s_g${word} AS g${word}`]),
    ];
  }

  /** The stored row has a greater version than the one that came. */
  get #stale(): string {
    return this.#scope.context.versionColumn === undefined ? "0" : "(st AND live AND o_rank > s_rank)";
  }

  /** The row is there once the rows are written, and this pipeline's. */
  get #present(): string {
    return `(st OR (live AND NOT orphan)) AND if(st AND NOT ${this.#stale}, s_own, o_own)`;
  }

  #removedBy(): string {
    const { removing, marks } = this.#scope;
    if (removing.length === 0) return "0";
    const unseen = removing.map(
      ({ record, cut }, index) =>
        `toUInt8(${this.#within(index)} AND NOT ${marks.has("m", record.id, "_")} AND NOT ${later(cut.through)})`,
    );
    return `if(${this.#present}, indexOf([${unseen.join(", ")}], 1), 0)`;
  }

  #before(): string {
    const { removing, marks } = this.#scope;
    const counted = removing.map(({ record, cut }, index) => {
      const inserted = `(${marks.has("i", record.id, "_")} OR (ins AND ${marks.has("s_g", record.id)}))`;
      return `toUInt8(${this.#present} AND ${this.#within(index)} AND NOT ${inserted} AND NOT ${later(cut.through)})`;
    });
    return counted.length === 0 ? "emptyArrayUInt8()" : `[${counted.join(", ")}]`;
  }

  /** Whether the row, as it will be, is in the epoch's scope. */
  #within(index: number): string {
    if (!this.#scope.scoped) return "1";
    return `arrayElement(if(st AND NOT ${this.#stale}, s_w, o_w), ${index + 1})`;
  }

  #grouped(where: string): string {
    const { context, scoped, marks } = this.#scope;
    const ranked = context.versionColumn !== undefined;
    const rank = ranked ? "rank" : "ord";
    const came = (column: string): string => `argMaxIf(${column}, ${rank}, src = 1) AS s_${column}`;
    const old = (column: string): string => `argMaxIf(${column}, ver, src = 2) AS o_${column}`;
    const scope = scoped ? ["w"] : [];
    const list = [
      ...this.key,
      `argMaxIf(ord, ${rank}, src = 1) AS o`,
      "countIf(src = 2) AS has",
      "maxIf(ver, src = 2) AS o_ver",
      ...["seq", "grp", "hash", "own", "pseq_", ...scope, ...this.#words.map((word) => `g${word}`)].map(came),
      ...["gone", "hash", "own", "pseq_", ...scope].map(old),
      ...(ranked ? ["maxIf(rank, src = 1) AS s_rank", old("rank")] : []),
      "max(kept) AS kept_",
      ...marks.merged("m"),
      ...marks.merged("i"),
    ];
    const union = this.#branches.all(where).join("\nUNION ALL\n");
    return `SELECT ${list.join(", ")}\nFROM (\n${union}\n)\nGROUP BY ${this.key.join(", ")}`;
  }
}

function later(through: number | undefined): string {
  return through === undefined ? "0" : `(st AND s_seq > ${through})`;
}

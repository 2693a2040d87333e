import type { TouchedObject } from "@millrace/core";

/** Something that a statement uses, and how. */
export interface SqlUse extends Omit<TouchedObject, "database"> {
  /** The statement makes it for its session alone. */
  readonly temporary?: true;
}

/** Gathers uses, each once. */
export class SqlUses {
  readonly #found = new Map<string, SqlUse>();

  get all(): SqlUse[] {
    return [...this.#found.values()];
  }

  /** @param parts its name, the database schema and what stands before that first; none: nothing is added */
  add(kind: SqlUse["kind"], parts: readonly string[], use: SqlUse["use"], temporary = false): void {
    const name = parts.at(-1);
    if (name === undefined || name === "") return;
    const namespace = parts.slice(0, -1).join(".");
    const found: SqlUse = {
      kind,
      ...(namespace === "" ? {} : { namespace }),
      name,
      use,
      ...(temporary ? { temporary: true } : {}),
    };
    this.#found.set(JSON.stringify([kind, namespace, name, use]), found);
  }
}

/** Any part of a parsed statement. */
export type Part = Readonly<Record<string, unknown>>;

/** The value as a part; an empty one for texts, numbers and lists. */
export function partOf(value: unknown): Part {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {};
}

/** The value as a list; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

import type { RunEvent } from "../events.ts";
import type { Target } from "../target.ts";
import type { TouchedObject } from "./touched-object.ts";

/** The tables of its destination that a run makes, changes and writes, each told once, as its events say. */
export class DestinationObjects {
  readonly #target: Target;
  readonly #tell: (objects: readonly TouchedObject[]) => void;
  readonly #told = new Set<string>();
  /** Where the destination is; nothing is told before that is known. */
  location: string | undefined;

  constructor(target: Target, tell: (objects: readonly TouchedObject[]) => void) {
    this.#target = target;
    this.#tell = tell;
  }

  observe(event: RunEvent): void {
    if (event.type === "committed") {
      this.#touched(Object.keys(event.tables).map((table) => [table, "write"]));
    }
    if (event.type === "schema") {
      this.#touched(
        event.changes.map(({ table, kind }) => [table, kind.startsWith("create-") ? "create" : "alter"]),
      );
    }
  }

  #touched(uses: readonly (readonly [table: string, use: TouchedObject["use"]])[]): void {
    const { location } = this;
    if (location === undefined) return;
    const news = uses.flatMap(([name, use]): TouchedObject[] => {
      const key = `${use} ${name}`;
      if (this.#told.has(key)) return [];
      this.#told.add(key);
      const namespace = this.#target.tables?.find((table) => table.name === name)?.namespace;
      return [
        {
          database: location,
          kind: "table",
          ...(namespace === undefined ? {} : { namespace }),
          name,
          use,
        },
      ];
    });
    if (news.length > 0) this.#tell(news);
  }
}

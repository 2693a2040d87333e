import type { TouchedObject } from "@millrace/core";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { clean } from "./text.ts";
import { truncate } from "./width.ts";

/** A table of what a run touched in databases, the uses of one thing in one line. */
export function objectTable(objects: readonly TouchedObject[], style: Style): string {
  const things = Map.groupBy(objects, ({ database, kind, namespace, name }) =>
    JSON.stringify([database, kind, namespace, name]),
  );
  return renderTable(
    [{ title: "touched" }, { title: "kind" }, { title: "use" }, { title: "database" }],
    [...things.values()].map((uses) => {
      const [first] = uses as [TouchedObject];
      return [
        objectName(first),
        first.kind,
        first.use === "unknown" ? style.yellow("could not be read") : uses.map(({ use }) => use).join(", "),
        truncate(clean(first.database), 60),
      ];
    }),
    { heading: style.dim },
  );
}

/** Its name as people write it. */
export function objectName({ namespace, name }: Pick<TouchedObject, "namespace" | "name">): string {
  return truncate(clean(namespace === undefined ? name : `${namespace}.${name}`), 60);
}

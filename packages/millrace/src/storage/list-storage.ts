import type { StoredObject } from "@millrace/connectors/storage";
import type { CliContext } from "../cli-context.ts";
import { formatBytes, formatCount } from "../output/numbers.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { truncate } from "../output/width.ts";
import { withStorage } from "./with-storage.ts";

/** Which objects are listed. */
export interface ListFlags {
  readonly kind?: string;
  readonly run?: string;
  readonly document?: string;
  readonly limit: number;
}

/** `millrace storage ls`: objects, the newest first. */
export function listStorage(cli: CliContext, prefix: string, flags: ListFlags): Promise<void> {
  return withStorage(cli, async (store) => {
    const found: StoredObject[] = [];
    for await (const object of store.records.list({ newestFirst: true })) {
      if (!isWanted(object, prefix, flags)) continue;
      found.push(object);
      if (found.length === flags.limit) break;
    }
    cli.printer.result(found, () => {
      if (found.length === 0) return "No such object is stored.";
      return renderTable(
        [
          { title: "put" },
          { title: "kind" },
          { title: "size", side: "right" },
          { title: "pipeline" },
          { title: "key" },
        ],
        found.map(({ at, kind, bytes, pipeline = "", key }) => [
          timeText(at),
          clean(kind),
          formatBytes(bytes),
          clean(pipeline),
          truncate(clean(key), 100),
        ]),
        { heading: cli.printer.style.dim },
      );
    });
  });
}

/** `millrace storage du`: how much is stored. */
export function measureStorage(cli: CliContext): Promise<void> {
  return withStorage(cli, async (store) => {
    const { measure } = await import("@millrace/connectors/storage");
    const use = await measure(store);
    cli.printer.result(use, () => {
      const { objects, contents, bytes, storedBytes, compressed, quotaBytes } = use;
      const table = renderTable(
        [{ title: "kind" }, { title: "objects", side: "right" }, { title: "size", side: "right" }],
        use.kinds.map((each) => [clean(each.kind), formatCount(each.objects), formatBytes(each.bytes)]),
        { heading: cli.printer.style.dim },
      );
      const quota =
        quotaBytes === null
          ? ""
          : `, ${Math.round((storedBytes / quotaBytes) * 100)} % of ${formatBytes(quotaBytes)}`;
      const summary = `${formatCount(objects)} objects of ${formatBytes(bytes)} in ${clean(use.location)}: ${formatCount(contents)} contents (${formatCount(compressed)} compressed) take ${formatBytes(storedBytes)}${quota}`;
      return use.kinds.length === 0 ? summary : `${summary}\n\n${table}`;
    });
  });
}

function isWanted(object: StoredObject, prefix: string, { kind, run, document }: ListFlags): boolean {
  return (
    object.key.startsWith(prefix) &&
    (kind === undefined || object.kind === kind) &&
    (run === undefined || object.run?.startsWith(run) === true) &&
    (document === undefined || object.document === document)
  );
}

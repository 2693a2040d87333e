import type { Pruned } from "@millrace/connectors/storage";
import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { confirm } from "../output/confirm.ts";
import { formatBytes, formatMany } from "../output/numbers.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { withStorage } from "./with-storage.ts";

/** Lines of what goes that are printed. */
const SHOWN = 20;

/** `millrace storage verify`: reads every content and compares its checksum. */
export function verifyStorage(cli: CliContext, prefix: string): Promise<void> {
  return withStorage(cli, async (store) => {
    const { verifyStore } = await import("@millrace/connectors/storage");
    const result = await verifyStore(store, { keyPrefix: prefix });
    cli.printer.result(result, () => {
      const { green, red } = cli.printer.style;
      const { objects, contents, bytes, damaged } = result;
      const looked = `${formatMany(objects, "object")}, ${formatMany(contents, "content")}, ${formatBytes(bytes)}`;
      if (damaged.length === 0) return `${green("✓")} ${looked}: each as it was put`;
      const lines = damaged.map(
        ({ object, message }) => `  ${clean(object.key)} (${object.id}): ${clean(message)}`,
      );
      return [`${red("✗")} ${looked}: ${formatMany(damaged.length, "object")} damaged`, ...lines].join("\n");
    });
    if (result.damaged.length > 0) cli.exit(EXIT.failed);
  });
}

/** `millrace storage prune`: removes what the retention says. */
export function pruneStorage(
  cli: CliContext,
  { dryRun = false, yes = false }: { readonly dryRun?: boolean; readonly yes?: boolean },
): Promise<void> {
  return withStorage(cli, async (store) => {
    const { pruneStore } = await import("@millrace/connectors/storage");
    const planned = await pruneStore(store, { dryRun: true });
    if (dryRun || nothing(planned)) return tell(cli, planned, true);
    await confirm(
      cli,
      `Remove ${formatMany(planned.due.length, "object")} and ${formatMany(planned.orphans.length, "file")} that no object needs?`,
      yes,
    );
    tell(cli, await pruneStore(store, { dryRun: false }), false);
  });
}

/** `millrace storage orphans`: files that belong to no object. */
export function listOrphans(cli: CliContext): Promise<void> {
  return withStorage(cli, async (store) => {
    const { findOrphans } = await import("@millrace/connectors/storage");
    const orphans = await findOrphans(store);
    cli.printer.result(orphans, () =>
      orphans.length === 0
        ? "Every file belongs to an object."
        : [
            `${formatMany(orphans.length, "file")} that no object needs, ${formatBytes(orphans.reduce((sum, { bytes }) => sum + bytes, 0))}; millrace storage prune removes them`,
            ...orphans
              .slice(0, SHOWN)
              .map(({ path, modifiedAt }) => `  ${timeText(modifiedAt)}  ${clean(path)}`),
            ...(orphans.length > SHOWN ? [`  … and ${orphans.length - SHOWN} more`] : []),
          ].join("\n"),
    );
  });
}

/** `millrace storage hold`: keeps objects whatever the retention says; without a prefix, lists the holds. */
export function holdObjects(
  cli: CliContext,
  prefix: string | undefined,
  { reason, release = false }: { readonly reason?: string; readonly release?: boolean },
): Promise<void> {
  return withStorage(cli, async (store) => {
    if (prefix !== undefined && release && !(await store.holds.release(prefix))) {
      throw new MillraceError("MLR_STORAGE_NOT_FOUND", `Nothing is held by the prefix "${prefix}"`, {
        hint: "`millrace storage hold` lists what is held.",
      });
    }
    if (prefix !== undefined && !release) {
      if (reason === undefined)
        throw new MillraceError("MLR_ARGUMENT_INVALID", "A hold needs a reason", {
          hint: 'Say why, for whoever finds it later: --reason "claim 4711".',
        });
      await store.holds.add({ prefix, reason, at: new Date(store.clock.now()).toISOString() });
    }
    const holds = await store.holds.list();
    cli.printer.result(holds, () =>
      holds.length === 0
        ? "Nothing is held."
        : holds
            .map((hold) => `${clean(hold.prefix)}…  ${clean(hold.reason)}, since ${timeText(hold.at)}`)
            .join("\n"),
    );
  });
}

function nothing({ due, orphans, compressed }: Pruned): boolean {
  return due.length + orphans.length + compressed === 0;
}

function tell(cli: CliContext, pruned: Pruned, dryRun: boolean): void {
  const { due, held, orphans, compressed, freedBytes } = pruned;
  cli.printer.result({ dryRun, ...pruned }, () => {
    const would = dryRun ? "would be " : "";
    const lines = due
      .slice(0, SHOWN)
      .map(({ object, reason }) => `  ${reason.padEnd(5)}  ${timeText(object.at)}  ${clean(object.key)}`);
    return [
      `${formatMany(due.length, "object")} ${would}removed`,
      ...lines,
      ...(due.length > SHOWN ? [`  … and ${due.length - SHOWN} more`] : []),
      `${formatMany(held.length, "object")} held back`,
      `${formatMany(orphans.length, "file")} that no object needs ${would}removed`,
      `${formatMany(compressed, "content")} ${would}compressed`,
      ...(dryRun ? [] : [`${formatBytes(freedBytes)} freed`]),
    ].join("\n");
  });
}

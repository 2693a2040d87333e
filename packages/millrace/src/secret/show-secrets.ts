import { MillraceError, nearest } from "@millrace/core";
import type { SecretInfo } from "@millrace/platform";
import type { CliContext } from "../cli-context.ts";
import { confirm } from "../output/confirm.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** A secret as the list shows it. */
interface ListedSecret {
  readonly name: string;
  /** Who gives it. */
  readonly provider: string;
  /** Absent where another than the store gives it. */
  readonly stored?: Omit<SecretInfo, "name">;
}

/** `millrace secret list`: names, never values. */
export async function listSecrets(cli: CliContext): Promise<void> {
  await withWorkspace(cli, async ({ secrets }) => {
    const infos = new Map((await (await secrets.store()).list()).map((info) => [info.name, info]));
    const named = await secrets.resolver.names();
    const hidden = [...infos.keys()].filter((name) => !named.some((each) => each.name === name));
    const all = [...named, ...hidden.map((name) => ({ name, provider: "store" }))];
    const listed = all.toSorted(byName).map(({ name, provider }): ListedSecret => {
      const info = infos.get(name);
      if (info === undefined) return { name, provider };
      const { name: _, ...stored } = info;
      return { name, provider, stored };
    });
    cli.printer.result(listed, () => forPeople(listed, cli.printer.style));
  });
}

/** `millrace secret get`: the value only where that is asked for. */
export async function getSecret(cli: CliContext, name: string, reveal: boolean): Promise<void> {
  await withWorkspace(cli, async ({ secrets }) => {
    const found = await secrets.resolver.find(name);
    if (found === undefined)
      throw noSecret(
        name,
        (await secrets.resolver.names()).map((each) => each.name),
      );
    const { provider, value } = found;
    const { style } = cli.printer;
    const hint = style.dim("Its value is printed with --reveal.");
    cli.printer.result({ name, provider, ...(reveal ? { value } : {}) }, () =>
      reveal ? value : `The secret "${name}" is there (from: ${clean(provider)}).\n${hint}`,
    );
  });
}

/** `millrace secret rm`. */
export async function removeSecret(cli: CliContext, name: string, yes: boolean): Promise<void> {
  await withWorkspace(cli, async ({ secrets }) => {
    const store = await secrets.store();
    const names = (await store.list()).map((info) => info.name);
    if (!names.includes(name)) throw noSecret(name, names);
    await confirm(
      cli,
      `Delete the secret "${name}" in ${store.location}? Its value cannot be brought back.`,
      yes,
    );
    const removed = await store.remove(name);
    cli.printer.result(
      { name, removed },
      () => `${cli.printer.style.green("✓")} The secret "${name}" is deleted.`,
    );
  });
}

function noSecret(name: string, names: readonly string[]): MillraceError {
  const guess = nearest(name, names);
  return new MillraceError("MLR_SECRET_MISSING", `There is no secret "${name}"`, {
    hint: guess === undefined ? "`millrace secret list` tells which there are." : `Did you mean "${guess}"?`,
    details: { secret: name },
  });
}

function forPeople(listed: readonly ListedSecret[], style: Style): string {
  if (listed.length === 0) return 'No secrets yet. Store one with "millrace secret set <name>".';
  const titles = ["name", "version", "changed", "by", "from"];
  return renderTable(
    titles.map((title) => ({ title, ...(title === "version" ? { side: "right" as const } : {}) })),
    listed.map(({ name, provider, stored }) => [
      clean(name),
      stored === undefined ? "" : String(stored.version),
      stored === undefined ? "" : timeText(stored.updatedAt),
      stored === undefined ? "" : clean(stored.updatedBy),
      clean(provider),
    ]),
    { heading: style.dim },
  );
}

function byName(a: ListedSecret, b: ListedSecret): number {
  return a.name < b.name ? -1 : 1;
}

import type { DataKeyRecord } from "@millrace/api/data";
import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { withDataAccess } from "./data-access.ts";

/** How `millrace data key create` is asked. */
export interface DataKeyFlags {
  readonly role: string;
  readonly rate?: number;
  /** Milliseconds, or `never`. */
  readonly expires: number | "never";
}

/** `millrace data key list`. */
export async function listDataKeys(cli: CliContext): Promise<void> {
  await withDataAccess(cli, async ({ keys }) => {
    const all = await keys.list();
    cli.printer.result(all, () => forPeople(all, cli.printer.style));
  });
}

/** `millrace data key create`: prints the key, this one time. */
export async function createDataKey(cli: CliContext, name: string, flags: DataKeyFlags): Promise<void> {
  await withDataAccess(cli, async ({ keys, audited, by }) => {
    const { role, rate, expires } = flags;
    const expiresAt = expires === "never" ? null : new Date(Date.now() + expires);
    const made = await audited({ action: "data.key.create", target: name, details: { role } }, () =>
      keys.create({ name, role, rate, expiresAt, by }),
    );
    const { style } = cli.printer;
    cli.printer.result(
      made,
      () =>
        `${style.green("✓")} The key "${clean(name)}" with the role ${clean(role)} is made. It is shown this one time:\n\n  ${made.secret}\n\n${style.dim("Programs send it as the header Authorization: Bearer.")}`,
    );
  });
}

/** `millrace data key revoke`. */
export async function revokeDataKey(cli: CliContext, id: string): Promise<void> {
  await withDataAccess(cli, async ({ keys, audited }) => {
    const open = (await keys.list()).filter(({ revokedAt }) => revokedAt === null);
    const meant = open.filter((each) => each.id === id || each.name === id);
    const [found] = meant;
    if (found === undefined || meant.length > 1) throw notOne(id, meant.length);
    await audited({ action: "data.key.revoke", target: found.name, details: { id: found.id } }, () =>
      keys.revoke(found.id),
    );
    const { style } = cli.printer;
    cli.printer.result(found, () => `${style.green("✓")} The key "${clean(found.name)}" is revoked.`);
  });
}

function notOne(id: string, count: number): MillraceError {
  const message =
    count === 0 ? `There is no key "${id}" that can be used` : `${count} keys are named "${id}"`;
  return new MillraceError("MLR_TOKEN_NOT_FOUND", message, {
    hint: "`millrace data key list` tells names and ids.",
    details: { key: id },
  });
}

function forPeople(all: readonly DataKeyRecord[], style: Style): string {
  if (all.length === 0)
    return 'No keys of the data API yet. Make one with "millrace data key create <name>".';
  return renderTable(
    ["id", "name", "begins with", "role", "expires", "last used"].map((title) => ({ title })),
    all.map((key) => [
      key.id,
      clean(key.name),
      key.hint,
      clean(key.role),
      key.revokedAt === null ? expiryOf(key, style) : style.yellow("revoked"),
      key.lastUsedAt === null ? style.dim("never") : timeText(key.lastUsedAt),
    ]),
    { heading: style.dim },
  );
}

function expiryOf({ expiresAt }: DataKeyRecord, style: Style): string {
  if (expiresAt === null) return "never";
  return Date.parse(expiresAt) <= Date.now() ? style.yellow("expired") : timeText(expiresAt);
}

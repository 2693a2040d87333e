import {
  checkPolicy,
  type DataPolicy,
  type Exposure,
  findTable,
  PUBLIC_ROLE,
  READER_ROLE,
  readCondition,
  readTableShape,
} from "@millrace/api/data";
import { type Json, MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { type DataAccess, withDataAccess } from "./data-access.ts";
import { withTables } from "./with-tables.ts";

/** How `millrace data expose` is asked. */
export interface ExposeFlags {
  readonly as?: string;
  readonly public?: boolean;
  readonly role?: string;
  readonly columns?: readonly string[];
  readonly where?: readonly string[];
  readonly description?: string;
}

/** How `millrace data relate` is asked. */
export interface RelateFlags {
  readonly on: readonly string[];
  readonly many?: boolean;
}

/** `millrace data list`. */
export async function listExposed(cli: CliContext): Promise<void> {
  await withDataAccess(cli, async ({ exposures }) => {
    const [tables, policies] = await Promise.all([exposures.list(), exposures.policies()]);
    cli.printer.result({ tables, policies }, () => forPeople(cli, tables, policies));
  });
}

/** `millrace data expose`. */
export async function exposeTable(cli: CliContext, table: string, flags: ExposeFlags): Promise<void> {
  if (flags.public === true && flags.role !== undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "--public and --role exclude each other", {
      hint: "Expose it twice, once for each.",
    });
  }
  const role = flags.public === true ? PUBLIC_ROLE : (flags.role ?? READER_ROLE);
  await withDataAccess(cli, async (access) => {
    const shape = await withTables(access.workspace, (client) => findTable(client, table));
    const { exposures, audited, by } = access;
    const name = flags.as ?? shape.table;
    const known = (await exposures.list()).find((each) => each.name === name);
    if (known !== undefined && (known.namespace !== shape.namespace || known.table !== shape.table)) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `"${name}" is ${known.namespace}.${known.table} in the data API already`,
        {
          hint: "Give it another name with --as.",
        },
      );
    }
    const { columns, description } = flags;
    const rows = rowsOf(flags.where);
    checkPolicy(shape, { columns: columns ?? null, rows });
    await audited({ action: "data.expose", target: name, details: { role } }, async () => {
      await exposures.put({
        ...(known ?? { name, namespace: shape.namespace, table: shape.table }),
        description: description ?? known?.description,
        by,
      });
      await exposures.allow({ role, table: name, columns, rows, by });
    });
    const { style } = cli.printer;
    const who = role === PUBLIC_ROLE ? "everybody" : `keys with the role ${clean(role)}`;
    cli.printer.result(
      await exposures.get(name),
      () => `${style.green("✓")} ${clean(name)} is shown to ${who}.`,
    );
  });
}

/** `millrace data unexpose`. */
export async function unexposeTable(cli: CliContext, table: string, role: string | undefined): Promise<void> {
  await withDataAccess(cli, async ({ exposures, audited }) => {
    await audited({ action: "data.unexpose", target: table, details: { role: role ?? null } }, async () => {
      if (role === undefined) return exposures.remove(table);
      await exposures.get(table);
      if (await exposures.deny(role, table)) return;
      throw new MillraceError("MLR_ARGUMENT_INVALID", `The role "${role}" does not see ${table}`, {
        hint: "`millrace data list` tells who sees what.",
      });
    });
    const { style } = cli.printer;
    const who = role === undefined ? "everybody" : `the role ${clean(role)}`;
    cli.printer.result(
      { table, role: role ?? null },
      () => `${style.green("✓")} ${clean(table)} is hidden from ${who}.`,
    );
  });
}

/** `millrace data relate`. */
export async function relateTables(
  cli: CliContext,
  { table, name, other }: { readonly table: string; readonly name: string; readonly other: string },
  flags: RelateFlags,
): Promise<void> {
  const columns = flags.on.map(pairOf);
  await withDataAccess(cli, async (access) => {
    const { exposures, audited, by } = access;
    const [own, theirs] = [await exposures.get(table), await exposures.get(other)];
    await checkColumns(
      access,
      own,
      columns.map(([mine]) => mine),
    );
    await checkColumns(
      access,
      theirs,
      columns.map(([, yours]) => yours),
    );
    const relation = { name, table: other, columns: [...columns], many: flags.many === true };
    const relations = [...own.relations.filter((each) => each.name !== name), relation];
    await audited({ action: "data.relate", target: table, details: { relation } }, () =>
      exposures.put({ ...own, relations, by }),
    );
    const { style } = cli.printer;
    cli.printer.result(
      relation,
      () => `${style.green("✓")} ${clean(table)} has the relation ${clean(name)}.`,
    );
  });
}

async function checkColumns(
  { workspace }: DataAccess,
  exposure: Exposure,
  names: readonly string[],
): Promise<void> {
  const shape = await withTables(workspace, (client) => readTableShape(client, exposure));
  const missing = names.find((name) => shape?.columns.has(name) !== true);
  if (missing === undefined) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Table "${exposure.name}" has no column "${missing}"`, {
    hint: `Its columns: ${[...(shape?.columns.keys() ?? [])].join(", ")}.`,
  });
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf("=");
  const [own, theirs] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && theirs !== "") return [own, theirs];
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${text}" names no two columns`, {
    hint: "Write --on customer_id=id: the own column first, then that of the other table.",
  });
}

function rowsOf(where: readonly string[] | undefined): Json {
  if (where === undefined || where.length === 0) return null;
  const conditions = where.map((text) => {
    const at = text.indexOf("=");
    const condition = at < 0 ? undefined : readCondition(text.slice(0, at), text.slice(at + 1));
    if (condition !== undefined) return condition;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${text}" is no condition`, {
      hint: "Write column.operator=value, such as --where country.eq=CH.",
    });
  });
  return { and: conditions } as unknown as Json;
}

function forPeople(cli: CliContext, tables: readonly Exposure[], policies: readonly DataPolicy[]): string {
  if (tables.length === 0)
    return 'The data API shows nothing. Expose a table with "millrace data expose <table>".';
  const { style } = cli.printer;
  const rows = tables.flatMap((table) => {
    const own = policies.filter((policy) => policy.table === table.name);
    const place = clean(`${table.namespace}.${table.table}`);
    if (own.length === 0) return [[clean(table.name), place, style.yellow("nobody"), "", ""]];
    return own.map(({ role, columns, rows: filter }) => [
      clean(table.name),
      place,
      role === PUBLIC_ROLE ? style.yellow("everybody") : clean(role),
      columns === null ? "all" : columns.map(clean).join(", "),
      filter === null ? "all" : clean(JSON.stringify(filter)),
    ]);
  });
  return renderTable(
    ["name", "table", "shown to", "columns", "rows"].map((title) => ({ title })),
    rows,
    { heading: style.dim },
  );
}

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { DataCatalog, dataClientSource, makeViews } from "@millrace/api/data";
import { MillraceError, systemClock } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { clean } from "../output/text.ts";
import { type DataAccess, withDataAccess } from "./data-access.ts";
import { withTables } from "./with-tables.ts";

type Grants = ReturnType<Awaited<ReturnType<DataCatalog["view"]>>["grants"]>;

/** `millrace data views`. */
export async function makeDataViews(
  cli: CliContext,
  { schema, role }: { readonly schema: string; readonly role: string },
): Promise<void> {
  if (/^(pg_|information_schema$|millrace)/.test(schema)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `The schema "${schema}" belongs to others`, {
      hint: "Choose another name with --schema.",
    });
  }
  await withDataAccess(cli, async (access) => {
    const grants = await grantsOf(access, role);
    const views = await access.audited({ action: "data.views", target: schema, details: { role } }, () =>
      withTables(access.workspace, async (client) => {
        await client.query("BEGIN");
        try {
          const made = await makeViews(client, schema, grants);
          await client.query("COMMIT");
          return made;
        } catch (error) {
          await client.query("ROLLBACK");
          const reason = error instanceof Error ? error.message : String(error);
          throw new MillraceError("MLR_DATABASE_FAILED", `The views cannot be made: ${reason}`, {
            hint: "Views of your own that read from these have to be dropped first, and made again after.",
            cause: error,
          });
        }
      }),
    );
    const { style } = cli.printer;
    cli.printer.result({ views }, () => views.map((view) => `${style.green("✓")} ${clean(view)}`).join("\n"));
  });
}

/** `millrace data client`: prints a TypeScript client, or writes it into a file. */
export async function writeDataClient(
  cli: CliContext,
  { role, file }: { readonly role: string; readonly file?: string },
): Promise<void> {
  await withDataAccess(cli, async (access) => {
    const source = dataClientSource(await grantsOf(access, role));
    if (file === undefined) return cli.printer.result({ source }, () => source.trimEnd());
    await writeFile(resolve(cli.start(), file), source);
    const { style } = cli.printer;
    cli.printer.result({ file }, () => `${style.green("✓")} ${clean(file)} has the client.`);
  });
}

async function grantsOf({ exposures, workspace }: DataAccess, role: string): Promise<Grants> {
  const grants = await withTables(workspace, async (client) => {
    const catalog = new DataCatalog({ exposures, database: client, clock: systemClock });
    return (await catalog.view()).grants(role);
  });
  if (grants.length > 0) return grants;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `The role "${role}" sees no table`, {
    hint: "`millrace data list` tells who sees what.",
  });
}

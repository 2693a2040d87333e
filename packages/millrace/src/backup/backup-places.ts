import { EmbeddedPostgres } from "@millrace/platform";
import type { ProjectPlace } from "@millrace/platform/backup";
import type { CliContext } from "../cli-context.ts";
import { type OpenProject, openProject } from "../project/open-project.ts";
import { embeddedFolder } from "../workspace/workspace.ts";

/** A project and its databases, of which nothing was changed yet: no migration ran. */
export interface BackupPlaces {
  readonly project: OpenProject;
  readonly place: ProjectPlace;
  readonly controlUrl: string;
  readonly destinationUrl: string;
}

/** Finds a project's databases; the embedded PostgreSQL is started where the project has no other. */
export async function backupPlaces(cli: CliContext): Promise<BackupPlaces> {
  const project = await openProject(cli.project());
  for (const warning of project.settings.warnings) cli.printer.warn(warning);
  const { databaseUrl, controlUrl, dataDirectory } = project.settings.values;
  const { root, configFile } = project;
  const place = { root, dataDirectory, ...(configFile === undefined ? {} : { configFile }) };
  if (databaseUrl !== undefined) {
    return { project, place, controlUrl: controlUrl ?? databaseUrl, destinationUrl: databaseUrl };
  }
  const { postgresPort } = project.settings.values;
  const server = await EmbeddedPostgres.ensure({
    directory: embeddedFolder(project),
    ...(postgresPort === undefined ? {} : { port: postgresPort }),
  });
  for (const notice of server.notices) cli.printer.warn(notice);
  return { project, place, controlUrl: controlUrl ?? server.controlUrl, destinationUrl: server.url() };
}

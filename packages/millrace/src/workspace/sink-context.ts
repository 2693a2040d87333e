import type { SinkContext } from "@millrace/platform";
import type { Workspace } from "./workspace.ts";

/** What the sinks of a project's logs are opened with. */
export function sinkContext(workspace: Workspace): Omit<SinkContext, "clock"> {
  const { project, environment } = workspace;
  return {
    directory: project.root,
    dataDirectory: project.settings.values.dataDirectory,
    controlUrl: async () => (await workspace.control()).url,
    secrets: environment,
  };
}

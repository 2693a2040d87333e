import type { ObjectStore } from "@millrace/connectors/storage";
import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { type Workspace, withWorkspace } from "../workspace/workspace.ts";

/** Opens the project's storage for a command. Fails with MLR_PROJECT_INVALID where the configuration names none. */
export async function withStorage(
  cli: CliContext,
  use: (store: ObjectStore, workspace: Workspace) => Promise<void>,
): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { storage } = workspace.project;
    if (storage === undefined) {
      throw new MillraceError("MLR_PROJECT_INVALID", "The project's configuration names no storage", {
        hint: 'Write in millrace.config.ts: storage: objectStore({ at: "data/objects" })',
      });
    }
    const store = storage.open(workspace.environment, (message) => cli.printer.warn(message));
    try {
      await use(store, workspace);
    } finally {
      await store.close();
    }
  });
}

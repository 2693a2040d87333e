import { ApiTokens, AuditLog, SignInLinks, Users } from "@millrace/api/auth";
import { type Json, systemClock } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";

/** What commands about users and tokens work with. */
export interface Access {
  readonly users: Users;
  readonly tokens: ApiTokens;
  readonly links: SignInLinks;
  readonly workspace: Workspace;
  /** Who sits at the terminal, such as `ada@host`. */
  readonly by: string;
  /** Does something, and writes to the audit log that it was done or refused. */
  audited<T>(what: AuditedCommand, work: () => Promise<T>): Promise<T>;
}

/** What a command is going to do. */
export interface AuditedCommand {
  /** As routes name it: `user.add`. */
  readonly action: string;
  readonly target?: string;
  readonly details?: Readonly<Record<string, Json>>;
}

/** Calls `use` with the users and tokens of the project that the command works on. */
export async function withAccess<T>(cli: CliContext, use: (access: Access) => Promise<T>): Promise<T> {
  return withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const log = new AuditLog(pool, systemClock);
    const by = whoAsks();
    return use({
      users: new Users(pool, systemClock),
      tokens: new ApiTokens(pool, systemClock),
      links: new SignInLinks(pool, systemClock),
      workspace,
      by,
      async audited({ action, target, details }, work) {
        const actor = { kind: "terminal", id: null, name: by, role: null } as const;
        const line = await log.begin({ actor, action, target });
        try {
          const result = await work();
          await log.end(line, { outcome: "done", details });
          return result;
        } catch (error) {
          const { code } = error as { readonly code?: unknown };
          const known = typeof code === "string" && code.startsWith("MLR_") ? { code } : {};
          await log.end(line, { outcome: "refused", details, ...known });
          throw error;
        }
      },
    });
  });
}

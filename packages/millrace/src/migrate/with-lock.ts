import { type Database, MillraceError } from "@millrace/core";
import type { MigrationDialect } from "./migration-dialect.ts";

/** How the lock is taken. */
export interface LockOptions {
  /** Take away what somebody left behind who is gone: only for databases whose lock is a table. */
  readonly breakLock: boolean;
}

/** Calls `work` while no other process migrates the database. Fails with MLR_MIGRATION_LOCKED. */
export async function withLock<T>(
  database: Database,
  { lock }: MigrationDialect,
  { breakLock }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (lock.kind === "table") return withTable(database, lock, breakLock, work);
  const { acquire, release } = lock;
  return database.transaction(async (holder) => {
    const [row] = await holder.query<{ locked: unknown }>(acquire);
    if (row?.locked !== true && Number(row?.locked ?? 0) !== 1) throw locked(database);
    try {
      return await work();
    } finally {
      // The connection may be lost, and the lock with it; what happened before tells more.
      if (release !== undefined) await holder.query(release).catch(() => undefined);
    }
  });
}

async function withTable<T>(
  database: Database,
  lock: { readonly create: string; readonly drop: string },
  breakLock: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (breakLock) await database.execute(lock.drop);
  try {
    await database.execute(lock.create);
  } catch (error) {
    if (!isThere(error)) throw error;
    throw locked(
      database,
      "Where nobody is, the lock was left by a process that was killed: --break-lock takes it away.",
    );
  }
  try {
    return await work();
  } finally {
    await database.execute(lock.drop).catch(() => undefined);
  }
}

function isThere(error: unknown): boolean {
  return error instanceof Error && /already exists/i.test(error.message);
}

function locked(database: Database, more = ""): MillraceError {
  return new MillraceError("MLR_MIGRATION_LOCKED", `Somebody else is migrating ${database.location}`, {
    hint: `Wait until they are done.${more === "" ? "" : ` ${more}`}`,
  });
}

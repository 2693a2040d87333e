import { randomBytes } from "node:crypto";
import {
  appendFile,
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { CONFIGURATION_FILE } from "./configuration.ts";
import { execute } from "./execute.ts";
import { hintForLog, startFailure } from "./failure.ts";
import type { Layout } from "./layout.ts";
import { ROLE } from "./probe.ts";

/** Makes the data folder if there is none yet, or checks that the one that exists fits these programs. */
export async function ensureCluster(
  layout: Layout,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  await removeUnfinished(layout);
  const facts = await stat(layout.data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (facts === undefined) return createCluster(layout, binaries, account);
  await checkVersion(layout, binaries);
  if ((await readPassword(layout)) === undefined) {
    throw startFailure(
      `The password of the database in ${layout.directory} is missing (${layout.password})`,
      {
        hint: "Put the file back, or delete the database with `millrace db reset`.",
      },
    );
  }
}

/** The password of the role, without its line end; undefined where there is no file. */
export async function readPassword(layout: Layout): Promise<string | undefined> {
  const text = await readFile(layout.password, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.trim() === "" ? undefined : text.trim();
}

async function checkVersion(layout: Layout, binaries: Binaries): Promise<void> {
  const text = await readFile(join(layout.data, "PG_VERSION"), "utf8").catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    },
  );
  const reset = "Move it away, or delete it with `millrace db reset`.";
  if (text === undefined) {
    throw startFailure(`${layout.data} is damaged: it is not a data folder of PostgreSQL (no PG_VERSION)`, {
      hint: reset,
    });
  }
  if (text.trim() === binaries.major) return;
  throw startFailure(
    `${layout.data} was made by PostgreSQL ${text.trim()}; these programs are version ${binaries.version}`,
    {
      hint: `With the version of Millrace before: "millrace backup all.tar --tables". With this one, after moving the folder away: "millrace restore all.tar --tables". Or start afresh: ${reset}`,
    },
  );
}

/** A folder that is only half made never gets the name `data`: it is renamed when it is complete. */
async function createCluster(
  layout: Layout,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  await ensurePassword(layout, account);
  const unfinished = `${layout.data}.${process.pid}.part`;
  await mkdir(unfinished, { mode: 0o700 });
  if (account !== undefined) await chown(unfinished, account.uid, account.gid);
  const outcome = await execute(
    binaries.initdb,
    [
      `--pgdata=${unfinished}`,
      `--username=${ROLE}`,
      `--pwfile=${layout.password}`,
      "--auth=scram-sha-256",
      // The builtin provider sorts the same on every system.
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-instructions",
    ],
    { cwd: layout.directory, account },
  );
  if (outcome.code !== 0) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    const lines = outcome.output.split(/\r?\n/).filter((line) => line.trim() !== "");
    const hint = hintForLog(lines);
    throw startFailure(`PostgreSQL could not make its data folder in ${layout.directory}`, {
      log: lines.slice(-8),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  await appendFile(join(unfinished, "postgresql.conf"), `\ninclude_if_exists = '${CONFIGURATION_FILE}'\n`);
  await rename(unfinished, layout.data);
}

async function removeUnfinished(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.directory)) {
    // One that another process is still writing to cannot always be removed, and need not be.
    if (/^data\.\d+\.part$/.test(name)) {
      await rm(join(layout.directory, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Writes a random password unless there is one: two processes never disagree about it. */
async function ensurePassword(layout: Layout, account: Account | undefined): Promise<void> {
  if ((await readPassword(layout)) === undefined) {
    await rm(layout.password, { force: true });
    const draft = `${layout.password}.${process.pid}`;
    await writeFile(draft, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    await link(draft, layout.password).catch(async (error: NodeJS.ErrnoException) => {
      // File systems without hard links
      if (error.code !== "EEXIST") await rename(draft, layout.password);
    });
    await rm(draft, { force: true });
  }
  if (account === undefined) return;
  await chown(layout.password, account.uid, account.gid);
  await chmod(layout.password, 0o600);
}

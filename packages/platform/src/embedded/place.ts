import { createHash } from "node:crypto";
import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { type Account, canEnter, isRoot, serverAccount } from "./account.ts";
import { startFailure } from "./failure.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** Names the folder that is used instead. Lies in the folder that was asked for. */
const POINTER = "location.json";
/** Where root's data goes when the server's account cannot reach the folder that was asked for. */
const FALLBACK = "/var/lib/millrace";
/** What may lie in a folder that is not marked as ours yet. */
const HARMLESS = /^(\.gitignore|\.gitkeep|\.DS_Store|start\.lock.*|location\.json|server\.json\..*)$/;

/** A folder that is ready to take a server. */
export interface Place {
  readonly layout: Layout;
  readonly account: Account | undefined;
  /** What the user should know, such as that the data went elsewhere. */
  readonly notices: readonly string[];
}

/** The folder that is in use for `directory`: itself, or the one that an earlier start chose instead. Touches nothing. */
export async function locate(directory: string): Promise<Layout> {
  const text = await readFile(join(directory, POINTER), "utf8").catch(() => undefined);
  if (text === undefined) return layoutOf(directory);
  const pointer = z.object({ directory: z.string() }).safeParse(parse(text));
  return layoutOf(pointer.data?.directory ?? directory);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes the folder, for the account that the server will run as, after checking that it is empty or ours. */
export async function prepare(directory: string): Promise<Place> {
  const layout = await locate(directory);
  await refuseForeign(layout.directory);
  await makeEnterable(dirname(layout.directory));
  const account = await serverAccount(layout.data);
  if (account === undefined || (await give(layout.directory, account))) {
    await mkdir(layout.directory, { recursive: true, mode: 0o700 });
    await ignoreInGit(layout.directory);
    return { layout, account, notices: [] };
  }
  return { ...(await fallBack(directory, account)), account };
}

/** Forgets that another folder was chosen. */
export async function forgetLocation(directory: string): Promise<void> {
  await rm(join(directory, POINTER), { force: true });
}

async function refuseForeign(directory: string): Promise<void> {
  const facts = await stat(directory).catch(() => undefined);
  if (facts === undefined) return;
  if (!facts.isDirectory()) {
    throw startFailure(`${directory} is a file, not a folder for the data of PostgreSQL`, {
      hint: "Choose another folder with MILLRACE_DATA_DIR.",
    });
  }
  const names = await readdir(directory);
  if (names.includes("server.json")) return;
  const strangers = names.filter((name) => !HARMLESS.test(name));
  if (strangers.length === 0) return;
  const what = names.includes("PG_VERSION") ? "the data folder of another PostgreSQL" : "not empty";
  throw startFailure(`${directory} is ${what} and was not made by Millrace (it holds ${some(strangers)})`, {
    hint: "Choose an empty or a new folder with MILLRACE_DATA_DIR, or set MILLRACE_DATABASE_URL to use a server of your own.",
    details: { directory },
  });
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** Makes the missing folders above the server's; root makes them so that the server's account may pass through. */
async function makeEnterable(parent: string): Promise<void> {
  const first = await mkdir(parent, { recursive: true });
  if (first === undefined || !isRoot()) return;
  for (let path = parent; path.length >= first.length; path = dirname(path)) await chmod(path, 0o755);
}

/** Hands the folder to the account. False where the account could not use it. */
async function give(directory: string, account: Account): Promise<boolean> {
  if (!(await canEnter(account, dirname(directory)))) return false;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chown(directory, account.uid, account.gid);
    await chmod(directory, 0o700);
  } catch (error) {
    // Some shared folders belong to root for good.
    if ((error as NodeJS.ErrnoException).code === "EPERM") return false;
    throw error;
  }
  return canEnter(account, directory);
}

async function fallBack(
  directory: string,
  account: Account,
): Promise<{ layout: Layout; notices: readonly string[] }> {
  const id = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  const project = basename(directory) === "postgres" ? dirname(dirname(directory)) : directory;
  const name = basename(project).replaceAll(/[^\w.-]/g, "_");
  const other = join(FALLBACK, `${name === "" ? "data" : name}-${id}`);
  await refuseForeign(other);
  await makeEnterable(FALLBACK);
  if (!(await give(other, account))) {
    throw startFailure(
      `PostgreSQL runs as user ${account.name}, who may enter neither ${directory} nor ${other}`,
      {
        hint: "Set MILLRACE_DATA_DIR to a folder that every user may pass through, such as one below /srv.",
      },
    );
  }
  await ignoreInGit(other);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, POINTER), `${JSON.stringify({ directory: other }, null, 2)}\n`);
  const notice =
    `PostgreSQL does not run as root, and user ${account.name} may not enter ${directory}: ` +
    `its data is kept in ${other}.`;
  return { layout: layoutOf(other), notices: [notice] };
}

async function ignoreInGit(directory: string): Promise<void> {
  await writeFile(join(directory, ".gitignore"), "*\n", { flag: "wx" }).catch(() => undefined);
}

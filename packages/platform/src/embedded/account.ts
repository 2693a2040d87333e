import { stat } from "node:fs/promises";
import { execute } from "./execute.ts";
import { startFailure } from "./failure.ts";

/** The operating system's user that the server runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

const PREFERRED = ["millrace", "postgres", "_postgres"];

/** True where the current process is root, as which PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account to run the server as when the current user is root: the one that owns the data already, a known one, or a
 * new system user `millrace`. Undefined for every other user, who runs the server as themselves.
 */
export async function serverAccount(data: string): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: await nameOf(owner.uid) };
  }
  for (const name of PREFERRED) {
    const account = await lookUp(name);
    if (account !== undefined) return account;
  }
  await createAccount("millrace");
  const account = (await lookUp("millrace")) ?? (await lookUp("nobody"));
  if (account !== undefined) return account;
  throw startFailure("PostgreSQL does not run as root, and no other user could be found or created", {
    hint: "Create a user named millrace, run as an ordinary user, or set MILLRACE_DATABASE_URL.",
  });
}

/** Whether `account` may enter `directory`, asked of the system itself, so that access lists count. */
export async function canEnter(account: Account, directory: string): Promise<boolean> {
  const outcome = await execute("/bin/sh", ["-c", 'cd "$0"', directory], { cwd: "/", account });
  return outcome.code === 0;
}

async function nameOf(uid: number): Promise<string> {
  const outcome = await execute("id", ["-un", String(uid)], { cwd: "/" });
  return outcome.code === 0 ? outcome.output.trim() : String(uid);
}

async function lookUp(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([numberFrom("-u", name), numberFrom("-g", name)]);
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid, name };
}

async function numberFrom(flag: string, name: string): Promise<number | undefined> {
  const outcome = await execute("id", [flag, name], { cwd: "/" });
  const value = Number.parseInt(outcome.output, 10);
  return outcome.code === 0 && Number.isInteger(value) ? value : undefined;
}

async function createAccount(name: string): Promise<void> {
  const ways: readonly (readonly (readonly string[])[])[] = [
    [["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]],
    // BusyBox
    [
      ["addgroup", "-S", name],
      ["adduser", "-S", "-D", "-H", "-G", name, name],
    ],
  ];
  for (const way of ways) {
    let done = true;
    for (const [program = "", ...args] of way) {
      const outcome = await execute(program, args, { cwd: "/" }).catch(() => undefined);
      done &&= outcome?.code === 0;
    }
    if (done) return;
  }
}

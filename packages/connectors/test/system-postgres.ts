import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import path from "node:path";

/** A PostgreSQL server that the system brings (a distribution's package), or why there is none. */
export type SystemPostgres =
  | {
      /** Folder that holds `initdb` and `postgres`. */
      readonly folder: string;
      /** Major version. */
      readonly version: number;
    }
  | { readonly missing: string };

/** The oldest version that Millrace supports. */
const OLDEST = 15;

/**
 * Looks for the newest PostgreSQL of the system: in the folders of Debian, Red Hat, Homebrew and the PATH. Starts nothing:
 * `postgres-server.ts` runs it, on a port of its own, as an unprivileged user, in a temporary folder, where
 * MILLRACE_TEST_POSTGRES names the folder found here.
 */
export function findSystemPostgres(): SystemPostgres {
  const found = new Map<string, number>();
  for (const folder of candidates()) {
    const postgres = path.join(folder, executable("postgres"));
    if (!existsSync(postgres)) continue;
    const real = path.dirname(realpathSync(postgres));
    const version = majorVersion(postgres);
    if (version !== undefined && existsSync(path.join(real, executable("initdb")))) found.set(real, version);
  }
  const newest = [...found].toSorted(([, a], [, b]) => b - a)[0];
  if (newest === undefined) {
    return { missing: "no PostgreSQL server is installed (Debian: apt-get install postgresql)" };
  }
  const [folder, version] = newest;
  if (version < OLDEST) return { missing: `PostgreSQL ${version} in ${folder} is older than ${OLDEST}` };
  return { folder, version };
}

function candidates(): string[] {
  const versioned = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"].flatMap((parent) =>
    listFolders(parent)
      .filter((name) => /^(\d+|postgresql@\d+)$/.test(name))
      .map((name) => path.join(parent, name, "bin")),
  );
  const searched = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  return [...versioned, "/usr/local/pgsql/bin", ...searched];
}

function listFolders(parent: string): string[] {
  try {
    return readdirSync(parent);
  } catch {
    return [];
  }
}

function executable(name: string): string {
  return process.platform === "win32" ? `${name}.exe` : name;
}

function majorVersion(postgres: string): number | undefined {
  const { stdout } = spawnSync(postgres, ["--version"], { encoding: "utf8" });
  const major = /PostgreSQL\)? (\d+)/.exec(stdout ?? "")?.[1];
  return major === undefined ? undefined : Number(major);
}

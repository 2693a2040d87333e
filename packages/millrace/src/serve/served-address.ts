import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@millrace/platform";

/** Where the dashboard of a project is served at the moment, in the project's data folder. */
const FILE = "dashboard.json";

interface Served {
  readonly url: string;
  /** Of the process that serves it. */
  readonly pid: number;
}

/** Notes where this process serves the dashboard, so that other commands can tell. Gives what takes the note away again. */
export async function noteServedAddress(dataDirectory: string, url: string): Promise<() => Promise<void>> {
  const served: Served = { url, pid: process.pid };
  await mkdir(dataDirectory, { recursive: true });
  await writeFile(join(dataDirectory, FILE), `${JSON.stringify(served)}\n`);
  return async () => {
    // Another process may serve it by now.
    if ((await read(dataDirectory))?.pid === process.pid)
      await rm(join(dataDirectory, FILE), { force: true });
  };
}

/** The address of a dashboard that a process of this machine serves; undefined where none does. */
export async function servedAddress(dataDirectory: string): Promise<string | undefined> {
  const served = await read(dataDirectory);
  return served !== undefined && isAlive(served.pid) ? served.url : undefined;
}

async function read(dataDirectory: string): Promise<Served | undefined> {
  try {
    const served: unknown = JSON.parse(await readFile(join(dataDirectory, FILE), "utf8"));
    return isServed(served) ? served : undefined;
  } catch {
    // Nobody serves it, or the note was cut short when its writer was killed.
    return undefined;
  }
}

function isServed(value: unknown): value is Served {
  return (
    typeof value === "object" &&
    value !== null &&
    "url" in value &&
    typeof value.url === "string" &&
    URL.canParse(value.url) &&
    "pid" in value &&
    Number.isSafeInteger(value.pid)
  );
}

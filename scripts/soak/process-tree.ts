import { readdir, readFile } from "node:fs/promises";

/** A process below another, as Linux tells it. */
export interface TreeProcess {
  readonly pid: number;
  readonly command: string;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Open files and sockets. */
  readonly handles: number;
}

const PAGE = 4_096;

/** A process and all below it. Those that end meanwhile are left out. */
export async function processTree(root: number): Promise<TreeProcess[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (parent > 0) parents.set(Number(name), parent);
  }
  const below = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || below(parents.get(pid)));
  const found = await Promise.all([...parents.keys()].filter(below).map(describe));
  return found.filter((each) => each !== undefined);
}

async function describe(pid: number): Promise<TreeProcess | undefined> {
  try {
    const [statm, handles, command] = await Promise.all([
      readFile(`/proc/${pid}/statm`, "utf8"),
      readdir(`/proc/${pid}/fd`),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
    ]);
    const memory = Number(statm.split(" ")[1]) * PAGE;
    return { pid, command: command.replaceAll("\0", " "), memory, handles: handles.length };
  } catch {
    return undefined;
  }
}

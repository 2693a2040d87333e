import { readFile } from "node:fs/promises";

/** Resident memory of a process in bytes; undefined where the system does not tell (only Linux does). */
export async function memoryOf(pid: number): Promise<number | undefined> {
  if (process.platform !== "linux" || pid === 0) return undefined;
  try {
    // https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: VmHWM is the peak, VmRSS what it is now, in KiB.
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

/** Clock ticks of the kernel's accounting in a second: the same on all systems that Node runs on. */
const TICKS = 100;

/** CPU time of a process in milliseconds; undefined where the system does not tell (only Linux does). */
export async function cpuOf(pid: number): Promise<number | undefined> {
  if (process.platform !== "linux" || pid === 0) return undefined;
  try {
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime are fields 14 and 15; the name, field 2, may
    // hold anything, so that fields are counted from its end.
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isNaN(ticks) ? undefined : (ticks * 1_000) / TICKS;
  } catch {
    return undefined;
  }
}

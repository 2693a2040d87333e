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

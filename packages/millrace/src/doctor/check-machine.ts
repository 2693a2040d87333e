import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import { formatBytes } from "../output/numbers.ts";
import { version } from "../version.ts";
import { type Check, failed } from "./check.ts";

const GB = 1e9;

/** Node and Millrace themselves. */
export function checkNode(): Check {
  return {
    name: "node",
    status: "ok",
    message: `Node ${process.versions.node} (${process.platform} ${process.arch}) runs Millrace ${version()}`,
  };
}

/** Processors and memory. */
export function checkMemory(): Check {
  const free = process.availableMemory();
  const message = `${availableParallelism()} processors, ${formatBytes(free)} of ${formatBytes(totalmem())} memory free`;
  // macOS keeps hardly any memory free, and gives it when it is wanted.
  if (free > 0.3 * GB || process.platform === "darwin") return { name: "memory", status: "ok", message };
  return {
    name: "memory",
    status: "warn",
    message,
    hint: "Runs and the embedded database together want about 500 MB: close other programs.",
  };
}

/** Whether `folder`, or the nearest one above it that exists, can be written to, and has room. */
export async function checkFolder(folder: string): Promise<readonly Check[]> {
  try {
    const existing = await nearestExisting(folder);
    const writable = await access(existing, constants.W_OK).then(
      () => true,
      () => false,
    );
    const permission: Check = writable
      ? { name: "permissions", status: "ok", message: `${existing} can be written to` }
      : {
          name: "permissions",
          status: "fail",
          message: `${existing} cannot be written to`,
          hint: "Give the current user write permission, or choose another folder with MILLRACE_DATA_DIR.",
        };
    const { bavail, bsize } = await statfs(existing);
    return [permission, room(existing, bavail * bsize)];
  } catch (error) {
    return [failed("disk", error)];
  }
}

function room(folder: string, bytes: number): Check {
  const message = `${formatBytes(bytes)} free where ${folder} is`;
  if (bytes > 2 * GB) return { name: "disk", status: "ok", message };
  return {
    name: "disk",
    status: bytes > 0.2 * GB ? "warn" : "fail",
    message,
    hint: "Free some space, or choose another disk with MILLRACE_DATA_DIR.",
  };
}

async function nearestExisting(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists || dirname(path) === path) return path;
  }
}

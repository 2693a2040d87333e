import { MillraceError } from "@millrace/core";
import type { Remote } from "./remote.ts";
import { PROBE } from "./target-scripts.ts";

/** What is known of the machine that is deployed to. */
export interface Machine {
  /** The project's folder there, absolute. */
  readonly base: string;
  /** As `uname` says: `linux`, `x86_64`. */
  readonly platform: string;
  readonly machine: string;
  readonly root: boolean;
  readonly rsync: boolean;
  readonly crontab: boolean;
  /** The user can have units of systemd there. */
  readonly systemd: boolean;
  /** Of its clock and its cron. */
  readonly timeZone: string;
  /** The release that runs, if any. */
  readonly current: string | undefined;
  /** Those that are whole, oldest first. */
  readonly releases: readonly string[];
  /** What Node and npm it was brought, if any. */
  readonly runtime: string;
}

/** Looks at the machine. Fails with MLR_DEPLOY_HOST where it cannot be reached or is nothing to deploy to. */
export async function lookAtMachine(remote: Remote, path: string): Promise<Machine> {
  const said = await remote.run({ doing: "tell what it is", script: PROBE, variables: { BASE: path } });
  const values = new Map<string, string[]>();
  for (const line of said.split("\n")) {
    const at = line.indexOf("=");
    if (at <= 0) continue;
    const name = line.slice(0, at);
    values.set(name, [...(values.get(name) ?? []), line.slice(at + 1)]);
  }
  const one = (name: string): string | undefined => values.get(name)?.[0];
  const base = one("base");
  if (base === undefined || !base.startsWith("/") || one("tar") === undefined) {
    throw new MillraceError("MLR_DEPLOY_HOST", `${remote.host} has no POSIX shell with tar: ${said.trim()}`, {
      hint: "Linux and macOS can be deployed to.",
      details: { host: remote.host },
    });
  }
  return {
    base,
    platform: one("platform") ?? "",
    machine: one("machine") ?? "",
    root: one("uid") === "0",
    rsync: one("rsync") === "yes",
    crontab: one("crontab") === "yes",
    systemd: one("systemd") === "yes",
    timeZone: one("zone") ?? "UTC",
    current: one("current"),
    releases: (values.get("release") ?? []).toSorted(),
    runtime: one("runtime") ?? "",
  };
}

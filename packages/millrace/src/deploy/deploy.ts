import { createReadStream } from "node:fs";
import { hostname, userInfo } from "node:os";
import { asMillraceError, type Clock, MillraceError } from "@millrace/core";
import { crontabPlan } from "./crontab.ts";
import type { Deployed, DeployMode, DeployOptions, DeployTeller } from "./deploy-options.ts";
import type { DeployPlan } from "./deploy-plan.ts";
import { OnTarget } from "./on-target.ts";
import { releaseBefore, releaseId } from "./release-id.ts";
import { runOnce } from "./run-once.ts";
import { runtimePackages, withPackedPackages } from "./runtime-packages.ts";
import { shellQuote } from "./shell-quote.ts";
import {
  CLEAN,
  CLICKHOUSE,
  CLICKHOUSE_PROGRAM,
  ENSURE_SETTINGS,
  INSTALL,
  LINK_RUNTIME,
  PRUNE,
  UNPACK_PACKAGE,
  WRITE_PROGRAM,
} from "./target-scripts.ts";
import { sendPackage, transfer } from "./transfer.ts";
import { unitText } from "./unit.ts";

/** What a deploy works with. */
export interface DeployContext {
  readonly options: DeployOptions;
  readonly teller: DeployTeller;
  readonly clock: Clock;
}

/**
 * Brings a project to a machine and makes it run there. Until the new release has installed, migrated and run, what ran before
 * goes on; where it is then not seen to work, the release before takes its place again.
 * Fails with MLR_DEPLOY_HOST, MLR_DEPLOY_LOCKED, MLR_DEPLOY_FAILED or MLR_DEPLOY_UNHEALTHY.
 */
export async function deploy(plan: DeployPlan, context: DeployContext): Promise<Deployed> {
  const { options, teller } = context;
  const target = await OnTarget.open(options, plan.app, teller);
  const mode = modeOf(target, options, teller);
  // What cron cannot keep is told before anything is done.
  const files = startFiles(plan, target, mode, context);
  return target.locked(who(context.clock), async () => {
    if (options.clean) {
      await target.run("remove releases and dependencies", CLEAN);
      teller.done("Releases and dependencies are removed; the data stays");
    }
    const known = options.clean ? [] : target.machine.releases;
    const current = options.clean ? undefined : target.machine.current;
    const release = releaseId(context.clock.now(), known);
    await bring(target, plan, { release, current }, context);
    const runs = await prepare(target, plan, release, context);
    await target.run("note how it is started", NOTE_START, { RELEASE: release, ...files });
    await goLive(target, { release, current }, context);
    const kept = { KEEP: String(options.keep), CURRENT: release };
    const removed = (await target.run("remove old releases", PRUNE, kept)).split("\n").filter(Boolean);
    if (removed.length > 0) teller.done(`Old releases are removed: ${removed.join(", ")}`);
    return resultOf(target, { release, previous: current ?? null, mode, runs, removed });
  });
}

/** Goes back to the release before the current one, with its code and schedules; data and migrations stay as they are. */
export async function rollBack(app: string, { options, teller, clock }: DeployContext): Promise<Deployed> {
  const target = await OnTarget.open(options, app, teller);
  const { current, releases } = target.machine;
  const before = releaseBefore(current, releases);
  if (before === undefined) {
    throw new MillraceError(
      "MLR_DEPLOY_FAILED",
      `${target.remote.host} has no release before ${current ?? "the first one"}`,
      {
        hint: "Check out the version that is wanted, and deploy it.",
        details: { current: current ?? null, releases: [...releases] },
      },
    );
  }
  return target.locked(who(clock), async () => {
    await target.activate(before, options);
    teller.done(`${before} runs again`);
    return resultOf(target, {
      release: before,
      previous: current ?? null,
      mode: "none",
      runs: {},
      removed: [],
    });
  });
}

/** What a release is started by, kept with it for when it is gone back to. */
const NOTE_START = `
folder="$BASE/releases/$RELEASE/.deploy"
mkdir -p "$folder"
rm -f "$folder/unit" "$folder/crontab"
if [ -n "$UNIT" ]; then printf '%s' "$UNIT" >"$folder/unit"; fi
if [ -n "$CRONTAB" ]; then printf '%s\\n' "$CRONTAB" >"$folder/crontab"; fi
: >"$folder/complete"
`;

interface Releases {
  readonly release: string;
  /** The one that runs. */
  readonly current: string | undefined;
}

/** Files, settings, Node and dependencies. */
async function bring(
  target: OnTarget,
  plan: DeployPlan,
  { release, current }: Releases,
  { options, teller }: DeployContext,
): Promise<void> {
  const { base, rsync } = target.machine;
  const folder = `${base}/releases/${release}`;
  const way = await transfer(target.remote, {
    root: plan.root,
    target: folder,
    rsync,
    ...(current === undefined ? {} : { before: `${base}/releases/${current}` }),
  });
  teller.done(`The project is there (${way}): ${folder}`);
  await target.run("write the settings", ENSURE_SETTINGS, { SETTINGS: options.settings?.trimEnd() ?? "" });
  await bringRuntime(target, options.clean, teller);
  await target.run("write its program", WRITE_PROGRAM, { QUOTED: shellQuote(base) });
  const installed = await target.run("install the dependencies", INSTALL, {
    RELEASE: release,
    PREVIOUS: current ?? "",
  });
  teller.done(
    `Dependencies are installed${installed.includes("as before") ? ", those of the release before" : ""}`,
  );
}

async function bringRuntime(target: OnTarget, cleaned: boolean, teller: DeployTeller): Promise<void> {
  const { base, platform, machine, runtime } = target.machine;
  const packages = runtimePackages(platform, machine);
  const version = `${packages.node} ${packages.npm}`;
  if (runtime === version && !cleaned) return;
  await withPackedPackages(packages, async (files) => {
    for (const name of ["node", "npm"] as const)
      await sendPackage(
        target.remote,
        createReadStream(files[name]),
        UNPACK_PACKAGE,
        `${base}/runtime/${name}`,
      );
  });
  await target.run("start the Node that it was brought", LINK_RUNTIME, { VERSION: version });
  teller.done(`Node is there: ${packages.node}`);
}

/** Database, tables and code lists, and a first run of each pipeline. */
async function prepare(
  target: OnTarget,
  plan: DeployPlan,
  release: string,
  { options, teller }: DeployContext,
): Promise<Readonly<Record<string, string>>> {
  const made = await target.run("make the ClickHouse database", CLICKHOUSE, { PROGRAM: CLICKHOUSE_PROGRAM });
  if (made.trim() !== "") teller.done(`ClickHouse has the database ${made.trim()}`);
  await target.millrace("apply the migrations", release, ["migrate", "run", "--if-any"]);
  teller.done("Migrations are applied");
  await target.millrace("make the tables", release, ["deploy-tables"]);
  teller.done("Tables and code lists are there");
  if (!options.run || plan.runs.length === 0) return {};
  const runs = await runOnce(target, release, plan.runs);
  teller.done(`Each pipeline ran: ${Object.keys(runs).length}`);
  return runs;
}

/** Switches, and back where the new release is not seen to work. */
async function goLive(
  target: OnTarget,
  { release, current }: Releases,
  { options, teller }: DeployContext,
): Promise<void> {
  try {
    await target.activate(release, options);
    teller.done(`${release} runs`);
  } catch (thrown) {
    const error = asMillraceError(thrown, "MLR_DEPLOY_FAILED", release);
    const after = await fallBack(target, current, options);
    throw new MillraceError("MLR_DEPLOY_UNHEALTHY", `${error.message}\n${after}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      details: { ...error.details, current: current ?? null },
      cause: error,
    });
  }
}

/** What became of the machine, for the error. */
async function fallBack(
  target: OnTarget,
  current: string | undefined,
  options: DeployOptions,
): Promise<string> {
  try {
    if (current === undefined) {
      await target.deactivate();
      return "It was the first release: nothing runs there.";
    }
    const { healthUrl: _, ...withoutUrl } = options;
    await target.activate(current, withoutUrl);
    return `${current} runs again.`;
  } catch (error) {
    return `The release before could not be started either: ${String(error)}`;
  }
}

function modeOf(target: OnTarget, { cron }: DeployOptions, teller: DeployTeller): DeployMode {
  const { systemd, crontab } = target.machine;
  if (systemd && !cron) return "systemd";
  if (crontab) {
    if (!cron)
      teller.warn(
        `${target.remote.host} has no systemd for this user: schedules become lines of its crontab.`,
      );
    return "cron";
  }
  if (cron) {
    throw new MillraceError("MLR_DEPLOY_HOST", `${target.remote.host} has no crontab`, {
      hint: "Install cron there, or deploy without --cron.",
    });
  }
  teller.warn(`${target.remote.host} has neither systemd nor cron: nothing runs there by itself.`);
  return "none";
}

function startFiles(
  plan: DeployPlan,
  target: OnTarget,
  mode: DeployMode,
  { options, teller }: DeployContext,
): { readonly UNIT: string; readonly CRONTAB: string } {
  const { base, root, timeZone } = target.machine;
  const { app } = plan;
  if (mode === "systemd")
    return { UNIT: unitText({ app, base, system: root, slots: options.slots }), CRONTAB: "" };
  if (mode === "none") return { UNIT: "", CRONTAB: "" };
  const { lines, warnings } = crontabPlan(plan.pipelines, { base, app, timeZone });
  for (const warning of warnings) teller.warn(warning);
  return { UNIT: "", CRONTAB: lines.join("\n") };
}

function resultOf(
  target: OnTarget,
  rest: Pick<Deployed, "release" | "previous" | "mode" | "runs" | "removed">,
): Deployed {
  return { host: target.remote.host, path: target.machine.base, app: target.app, ...rest };
}

function who(clock: Clock): string {
  return `${userInfo().username} on ${hostname()} at ${new Date(clock.now()).toISOString()}`;
}

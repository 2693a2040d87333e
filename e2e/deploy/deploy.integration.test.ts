import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, type TestProject, testProject } from "../cli/cli.ts";
import { missingForSsh, openSshHost, type SshHost } from "./ssh-host.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const missing = missingForSsh();
if (missing !== undefined) process.stderr.write(`Deploying by ssh is not tested: ${missing}.\n`);

/** Where the project's own Millrace would be: here it is that of this repository. */
const MILLRACE = {
  "vendor/millrace/package.json": JSON.stringify({
    name: "millrace",
    version: "0.1.0",
    type: "module",
    exports: { ".": "./index.js" },
  }),
  "vendor/millrace/index.js": `export * from ${JSON.stringify(join(REPOSITORY, "packages/millrace/src/index.ts"))};\n`,
  "vendor/millrace/bin/millrace.js": `import ${JSON.stringify(join(REPOSITORY, "packages/millrace/bin/millrace.js"))};\n`,
};

const PIPELINES = `import { cron, every, pipeline, postgres } from "millrace";
export default [
  pipeline("orders", {
    schedule: every("15 minutes"),
    source: async function* () { yield { id: 1, country: "DE" }; },
    destination: postgres().table("orders", { key: ["id"], columns: { id: "integer", country: "text" } }),
  }),
  pipeline("totals", {
    parents: ["orders"],
    source: async function* () { yield { id: 1 }; },
    destination: postgres().table("totals", { key: ["id"] }),
  }),
  pipeline("nightly", {
    schedule: cron("30 2 * * *"),
    source: async function* () { yield { id: 1 }; },
    destination: postgres().table("nightly", { key: ["id"] }),
  }),
];
`;

describe.skipIf(missing !== undefined)("deploying by ssh", () => {
  let target: SshHost;
  let project: TestProject;

  beforeAll(async () => {
    target = await openSshHost();
    project = await testProject({
      ...MILLRACE,
      "package.json": JSON.stringify({
        name: "shop data",
        private: true,
        type: "module",
        dependencies: { millrace: "file:vendor/millrace" },
      }),
      "pipelines/all.ts": PIPELINES,
      "codebooks/countries.csv": "code,name\nDE,Germany\nFR,France\n",
      "migrations/default/000001_notes.sql": "CREATE TABLE notes (id integer);\n",
      ".env": "MILLRACE_DATABASE_URL=postgres://nobody@127.0.0.1:1/never\n",
    });
  }, 60_000);
  afterAll(async () => {
    await project.remove();
    await target.remove();
  }, 60_000);

  const deploy = (...args: string[]): Promise<Ended> =>
    project.millrace(
      "deploy",
      target.host,
      ...target.sshOptions.flatMap((each) => ["--ssh-option", each]),
      "--json",
      ...args,
    );
  const there = (line: string): string => target.shell(`cd millrace/shop-data && ${line}`).trim();
  const done = async (ended: Promise<Ended>): Promise<Deployed> => {
    const { code, stdout, stderr } = await ended;
    const log = join(target.home, "unit.log");
    expect(code, stderr + stdout + (existsSync(log) ? readFileSync(log, "utf8") : "")).toBe(0);
    return JSON.parse(stdout) as Deployed;
  };
  const errorOf = async (ended: Promise<Ended>): Promise<{ code: string; message: string }> => {
    const { code, stdout, stderr } = await ended;
    expect(code, stderr + stdout).not.toBe(0);
    return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
  };
  let first: Deployed;
  let second: Deployed;

  test(
    "brings all that is needed, runs everything, and leaves schedules to cron",
    { timeout: 240_000 },
    async () => {
      first = await done(deploy("--cron"));
      expect(first).toMatchObject({
        mode: "cron",
        previous: null,
        runs: { orders: "succeeded", totals: "succeeded", nightly: "succeeded" },
      });
      expect(there("readlink current")).toBe(`releases/${first.release}`);
      expect(there("stat -c %a shared shared/.env")).toBe("700\n600");
      // The settings of this machine are its own.
      expect(there("cat current/.env")).not.toContain("nobody@127.0.0.1");
      const lines = target.shell("crontab -l").trim().split("\n");
      expect(lines).toHaveLength(4);
      expect(lines[1]).toMatch(
        /^\*\/15 \* \* \* \* \{ .*bin\/millrace' run orders && .*bin\/millrace' run totals; \}/,
      );
      expect(lines[2]).toMatch(/^30 2 \* \* \* .* run nightly; \}/);
      const migrations = JSON.parse(there("bin/millrace migrate status --json")) as [
        { migrations: unknown[] },
      ];
      expect(migrations[0].migrations).toMatchObject([{ name: "notes", state: "applied" }]);
    },
  );

  test("a line of the crontab does what it says when cron runs it, and logs it", { timeout: 120_000 }, () => {
    const line = target.shell("crontab -l").split("\n")[2] ?? "";
    // What stands behind the five fields of time, as cron hands it to the shell.
    const command = line.split(" ").slice(5).join(" ").replaceAll("\\%", "%");
    writeFileSync(join(target.home, "line.sh"), command);
    target.shell('env -i HOME="$HOME" PATH=/usr/bin:/bin /bin/sh line.sh');
    expect(there("cat logs/cron.log")).toMatch(/nightly/);
    const runs = JSON.parse(there("bin/millrace runs nightly --json")) as { runs?: unknown[] } | unknown[];
    expect(Array.isArray(runs) ? runs.length : runs.runs?.length).toBe(2);
  });

  test("a second release takes over, and the first can be gone back to", { timeout: 240_000 }, async () => {
    await project.write("pipelines/all.ts", PIPELINES.replace("15 minutes", "20 minutes"));
    target.shell("(crontab -l; echo '0 0 1 1 * true # of somebody else') | crontab -");
    second = await done(deploy("--cron", "--no-run"));
    expect(second.previous).toBe(first.release);
    expect(target.shell("crontab -l")).toMatch(/# of somebody else[\s\S]*\*\/20 /);
    const back = await done(deploy("--rollback"));
    expect(back).toMatchObject({ release: first.release, previous: second.release });
    expect(there("readlink current")).toBe(`releases/${first.release}`);
    expect(target.shell("crontab -l")).toMatch(/# of somebody else[\s\S]*\*\/15 /);
    expect(await errorOf(deploy("--rollback"))).toMatchObject({ code: "MLR_DEPLOY_FAILED" });
  });

  test("what fails before the switch leaves all as it was", { timeout: 240_000 }, async () => {
    await project.write("pipelines/broken.ts", BROKEN);
    const error = await errorOf(deploy("--cron"));
    expect(error).toMatchObject({ code: "MLR_DEPLOY_FAILED" });
    expect(error.message).toMatch(/broken: .*out of order/);
    rmSync(join(project.root, "pipelines/broken.ts"));
    expect(there("readlink current")).toBe(`releases/${first.release}`);
    expect(existsSync(join(target.home, "millrace/shop-data/deploy.lock"))).toBe(false);
  });

  test("a release that is not seen to work makes room for the one before", { timeout: 240_000 }, async () => {
    const error = await errorOf(
      deploy("--cron", "--no-run", "--health-url", "http://127.0.0.1:1/", "--health-seconds", "1"),
    );
    expect(error).toMatchObject({ code: "MLR_DEPLOY_UNHEALTHY" });
    expect(error.message).toContain(`${first.release} runs again`);
    expect(there("readlink current")).toBe(`releases/${first.release}`);
    expect(target.shell("crontab -l")).toMatch(/\*\/15 /);
  });

  test("only one deploys at a time, and is told who the other is", { timeout: 120_000 }, async () => {
    there("mkdir deploy.lock && echo 'ada on laptop' >deploy.lock/by");
    const error = await errorOf(deploy("--cron"));
    expect(error).toMatchObject({
      code: "MLR_DEPLOY_LOCKED",
      message: expect.stringContaining("ada on laptop"),
    });
    there("rm -r deploy.lock");
  });

  test(
    "cleaning keeps data and settings, and systemd keeps what it starts alive",
    { timeout: 300_000 },
    async () => {
      writeFileSync(join(target.programs, "systemctl"), SYSTEMCTL, { mode: 0o755 });
      writeFileSync(join(target.programs, "rsync"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
      const { release, mode } = await done(deploy("--clean", "--keep", "1", "--health-seconds", "90"));
      expect(mode).toBe("systemd");
      expect(there("ls releases")).toBe(release);
      const crontab = target.shell("crontab -l");
      expect(crontab).toContain("# of somebody else");
      expect(crontab).not.toContain("millrace");
      const unit = readFileSync(join(target.home, ".config/systemd/user/millrace-shop-data.service"), "utf8");
      expect(unit).toContain(`ExecStart="${target.home}/millrace/shop-data/bin/millrace" up --slots 4`);
      const status = JSON.parse(there("bin/millrace status --json")) as {
        scheduler: unknown;
        pipelines: { name: string }[];
      };
      expect(status.scheduler).not.toBeNull();
      expect(status.pipelines.map(({ name }) => name).toSorted()).toEqual(["nightly", "orders", "totals"]);
      // The rows of the first release are still there: nothing is new.
      const report = JSON.parse(there("bin/millrace run nightly --json")) as [{ tables: object }];
      expect(report[0].tables).toMatchObject({ nightly: { inserted: 0 } });
      target.shell("systemctl --user stop millrace-shop-data.service");
      there("bin/millrace db stop");
    },
  );
});

interface Deployed {
  readonly release: string;
  readonly previous: string | null;
  readonly mode: string;
}

const BROKEN = `import { pipeline, postgres } from "millrace";
export default pipeline("broken", {
  source: async function* () { throw new Error("out of order"); },
  destination: postgres().table("broken", { key: ["id"] }),
  retry: { attempts: 1 },
});
`;

/** Does with units of the user what systemd does, where there is none: starts and ends the process of the unit's ExecStart. */
const SYSTEMCTL = `#!/bin/sh
set -e
[ "$1" = --user ] && shift
verb=$1
shift
for unit; do :; done
pidfile="$HOME/unit.pid"
case $verb in
  show-environment | daemon-reload | enable | disable) ;;
  stop)
    if [ -f "$pidfile" ]; then
      kill "$(cat "$pidfile")" 2>/dev/null || true
      while kill -0 "$(cat "$pidfile")" 2>/dev/null; do sleep 0.1; done
      rm -f "$pidfile"
    fi
    ;;
  restart)
    "$0" --user stop "$unit"
    line="$(sed -n 's/^ExecStart=//p' "$HOME/.config/systemd/user/$unit")"
    # No shell stays behind it that would hold the output of whoever asked.
    setsid sh -c "exec $line" </dev/null >"$HOME/unit.log" 2>&1 &
    echo $! >"$pidfile"
    ;;
  is-active) [ -f "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null ;;
  *)
    echo "no such verb: $verb" >&2
    exit 1
    ;;
esac
`;

/**
 * Deploys a project with the packed packages to a fresh user of this machine by ssh, and performs the steps of the container
 * image as that user: part of `npm run test:pack`.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSshHost, type SshHost } from "../e2e/deploy/ssh-host.ts";

export { missingForSsh } from "../e2e/deploy/ssh-host.ts";

const CONTAINER = fileURLToPath(new URL("../deploy/container/", import.meta.url));

/** What the packed packages are tried with. */
export interface PackedDeploy {
  /** The archives of all packages. */
  readonly tarballs: readonly string[];
  /** A temporary folder. */
  readonly folder: string;
  /** Millrace as it was installed from them. */
  readonly bin: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  step<T>(what: string, work: () => T | Promise<T>): Promise<T>;
}

/** Fails where the project does not arrive and run, or the image would not. */
export async function deployPacked(packed: PackedDeploy): Promise<void> {
  const { folder, bin, step, environment } = packed;
  const host = await openSshHost();
  const project = join(folder, "deployed");
  try {
    await useSameRegistry(host, environment);
    await step("make a project to deploy", () => makeProject(packed, project));
    await step("deploy it by ssh", () => {
      const options = host.sshOptions.flatMap((each) => ["--ssh-option", each]);
      const args = [bin, "deploy", host.host, ...options, "--cron", "--health-seconds", "120", "--json"];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: project,
        env: environment,
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout + stderr);
      assert.deepEqual((JSON.parse(stdout) as { runs: object }).runs, { cities: "succeeded" });
    });
    await step("look at its data there", () => {
      const said = host.shell("cd millrace/deployed && bin/millrace verify cities --json");
      assert.equal((JSON.parse(said) as { equal: number }).equal, 5);
      host.shell("cd millrace/deployed && bin/millrace db stop");
    });
    await step("perform the steps of the container image", () => rehearseImage(packed, host));
  } finally {
    await host.remove();
  }
}

/** The user's npm finds packages where this one does, and trusts whom it trusts. */
async function useSameRegistry(host: SshHost, environment: PackedDeploy["environment"]): Promise<void> {
  const setting = (name: string): string =>
    execFileSync("npm", ["config", "get", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  const cafile = [setting("cafile"), environment["NODE_EXTRA_CA_CERTS"] ?? ""].find((each) =>
    each.startsWith("/"),
  );
  const lines = [`registry=${setting("registry")}`, ...(cafile === undefined ? [] : [`cafile=${cafile}`])];
  await writeFile(join(host.home, ".npmrc"), `${lines.join("\n")}\n`, { mode: 0o644 });
}

async function makeProject({ tarballs, bin, environment }: PackedDeploy, project: string): Promise<void> {
  const made = spawnSync(process.execPath, [bin, "init", project, "--name", "deployed"], {
    env: environment,
    encoding: "utf8",
  });
  assert.equal(made.status, 0, made.stdout + made.stderr);
  const vendor = join(project, "vendor");
  await mkdir(vendor);
  const dependencies: Record<string, string> = {};
  for (const tarball of tarballs) {
    await copyFile(tarball, join(vendor, basename(tarball)));
    const name = basename(tarball).replace(/-\d.*$/, "");
    dependencies[name.replace(/^millrace-/, "@millrace/")] = `file:vendor/${basename(tarball)}`;
  }
  const file = join(project, "package.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...manifest, dependencies }, null, 2));
}

/** install.sh as an ordinary user; then what it made belongs to root and cannot be written, as in the image. */
async function rehearseImage({ tarballs, folder }: PackedDeploy, host: SshHost): Promise<void> {
  const steps = join(folder, "steps");
  const packages = join(folder, "packages");
  await mkdir(steps);
  await mkdir(packages);
  await chmod(folder, 0o755);
  for (const name of ["install.sh", "healthcheck.mjs"])
    await copyFile(join(CONTAINER, name), join(steps, name));
  for (const tarball of tarballs) await copyFile(tarball, join(packages, basename(tarball)));
  const path = "PATH=$HOME/millrace/deployed/runtime/bin:$PATH";
  host.shell(
    `${path} sh '${steps}/install.sh' '${packages}' "$HOME/app" >install.log 2>&1 || { tail -30 install.log; exit 1; }`,
  );
  const app = join(host.home, "app");
  const bom = JSON.parse(await readFile(join(app, "sbom.spdx.json"), "utf8")) as {
    packages: { name: string }[];
  };
  assert.ok(
    bom.packages.some(({ name }) => name === "millrace") && bom.packages.length > 50,
    "a bill of materials",
  );
  execFileSync("chown", ["-R", "root:root", app]);
  execFileSync("chmod", ["-R", "a-w", app]);
  const settings = await imageEnvironment();
  const variables = Object.entries({ ...settings, MILLRACE_DATA_DIR: join(host.home, "image-data") })
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join("");
  const said = host.shell(
    `export ${path}
${variables}node app/node_modules/millrace/bin/millrace.js --project app/project up >up.log 2>&1 &
pid=$!
tries=0
until node app/healthcheck.mjs; do
  tries=$((tries + 1))
  if [ "$tries" -gt 120 ] || ! kill -0 "$pid" 2>/dev/null; then cat up.log; exit 1; fi
  sleep 0.5
done
kill -TERM "$pid"
wait "$pid" && echo ended-well
node app/node_modules/millrace/bin/millrace.js --project app/project db stop >/dev/null`,
  );
  assert.match(said, /ended-well/);
}

/** What ENV of the Dockerfile says. */
async function imageEnvironment(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(CONTAINER, "Dockerfile"), "utf8");
  const lines = /^ENV ((?:.*\\\n)*.*)$/m.exec(text)?.[1] ?? "";
  const found = Object.fromEntries(
    [...lines.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
  assert.ok("MILLRACE_METRICS_PORT" in found, "the Dockerfile has settings");
  // Ports that something else on this machine may have.
  return {
    ...(found as Record<string, string>),
    MILLRACE_API_PORT: "0",
    MILLRACE_INGEST_PORT: "0",
    MILLRACE_DATA_PORT: "0",
    MILLRACE_METRICS_PORT: "19464",
  };
}

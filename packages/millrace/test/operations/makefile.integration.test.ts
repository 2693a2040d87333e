import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const missing = spawnSync("make", ["--version"]).error !== undefined;
if (missing) process.stderr.write("The Makefile is not tested: no make is installed.\n");

describe.skipIf(missing)("the Makefile", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-make-"));
    mkdirSync(join(folder, "packages/millrace"), { recursive: true });
    cpSync(join(ROOT, "Makefile"), join(folder, "Makefile"));
    cpSync(join(ROOT, "deploy"), join(folder, "deploy"), {
      recursive: true,
      filter: (path) => !path.endsWith("/deploy/.env"),
    });
    cpSync(join(ROOT, "packages/millrace/package.json"), join(folder, "packages/millrace/package.json"));
    // Says what it is asked, and the file that it would hand to the cluster.
    writeFileSync(
      join(folder, "kubectl"),
      '#!/bin/sh\nfor word; do case $word in --from-env-file=*) cat "${word#*=}" ;; esac; done\necho "kubectl $*"\n',
    );
    chmodSync(join(folder, "kubectl"), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const make = (...args: string[]): string =>
    execFileSync("make", ["-s", ...args], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` },
    });

  test("it lists every target that there is, by default", () => {
    const said = make();
    const phony =
      /^\.PHONY: (.+)$/m.exec(readFileSync(join(ROOT, "Makefile"), "utf8"))?.[1]?.split(" ") ?? [];
    const listed = said
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/)[0]);
    expect(new Set(listed)).toEqual(new Set(phony));
  });

  test("secrets are made once, differ, and are for nobody else's eyes", () => {
    make("secrets");
    const file = join(folder, "deploy/.env");
    const text = readFileSync(file, "utf8");
    const passwords = [...text.matchAll(/^\w*PASSWORD=(.*)$/gm)].map(([, value]) => value);
    expect(passwords).toHaveLength(6);
    expect(new Set(passwords).size).toBe(6);
    for (const each of passwords) expect(each).toMatch(/^[\w-]{32,}$/);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    make("secrets");
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("the Secret of a cluster has one password in its URLs and for the server", () => {
    const said = make("secrets-k8s", "NAMESPACE=millrace-dev");
    const password = /^POSTGRES_PASSWORD=(\w{48})$/m.exec(said)?.[1];
    expect(password).toBeDefined();
    expect(said.match(new RegExp(`:${password}@millrace-postgres`, "g"))).toHaveLength(2);
    expect(said).toMatch(/^MILLRACE_MASTER_PASSWORD=\w{64}$/m);
    expect(said).toContain("kubectl create secret generic millrace-secrets -n millrace-dev");
    expect(() => make("secrets-k8s")).toThrow(/NAMESPACE/);
  });

  test("an environment of the cluster is brought up in order", () => {
    const said = make("k8s-sit").trim().split("\n");
    expect(said[0]).toBe("kubectl delete job millrace-migrate -n millrace-sit --ignore-not-found");
    expect(said[1]).toBe("kubectl apply -k deploy/kubernetes/overlays/sit");
    expect(said[2]).toContain("kubectl wait --for=condition=complete job/millrace-migrate -n millrace-sit");
    expect(said.slice(3).map((line) => /deployment\/(\S+)/.exec(line)?.[1])).toEqual(
      ["scheduler", "worker", "dashboard", "api", "ingest"].map((part) => `millrace-${part}`),
    );
  });

  test("images are named by the version and the revision", () => {
    const said = make("-n", "images", "REVISION=abc", "VERSION=1.2.3");
    expect(said).toMatch(
      /docker build -f deploy\/container\/Dockerfile -t millrace:1\.2\.3[\s\S]*REVISION=abc/,
    );
  });
});

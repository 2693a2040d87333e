/**
 * Asks the registry for known weaknesses of what users install: `npm run audit`. Ends with 1 where there is one of level high
 * or critical. Where the registry cannot be asked, it says so and ends with 0: that is no weakness.
 */
import { spawnSync } from "node:child_process";

interface Report {
  readonly error?: { readonly summary?: string; readonly code?: string };
  readonly message?: string;
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly range: string; readonly fixAvailable: unknown }>
  >;
}

const { stdout, error } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  encoding: "utf8",
  shell: process.platform === "win32",
  timeout: 100_000,
  maxBuffer: 64 * 1024 * 1024,
});
const report = read(stdout);
if (report?.vulnerabilities === undefined) {
  const said = [error?.message, report?.error?.summary, report?.message].find((text) => (text ?? "") !== "");
  const why = said ?? "it gave no answer";
  console.warn(`Not audited: the registry could not be asked (${why.trim()}).`);
} else {
  const found = Object.entries(report.vulnerabilities);
  const bad = found.filter(([, { severity }]) => severity === "high" || severity === "critical");
  for (const [name, { severity, range, fixAvailable }] of found) {
    console.log(`${severity.padEnd(9)} ${name} ${range}${fixAvailable === false ? "" : " (npm audit fix)"}`);
  }
  console.log(
    `${found.length} weaknesses known of what users install, ${bad.length} of them high or critical.`,
  );
  process.exitCode = bad.length > 0 ? 1 : 0;
}

function read(text: string | null): Report | undefined {
  try {
    return JSON.parse(text ?? "") as Report;
  } catch {
    return undefined;
  }
}

import { SHIPPED_LICENCES, TOOLS, UNSTATED } from "./allowed-licences.ts";
import { accepts } from "./licence-expression.ts";
import { type LockPackage, type LockPackages, nameAt } from "./lock-packages.ts";

/** The licence of a package as its package.json says it; `unstated` where it says none. */
export function licenceOf(name: string, { license }: LockPackage): string {
  if (typeof license === "string") return license;
  if (Array.isArray(license)) return license.map(String).join(" OR ");
  return UNSTATED[name] ?? "unstated";
}

/** Packages under a licence that is not allowed where they are used. */
export function licenceProblems(packages: LockPackages, shipped: readonly string[]): string[] {
  const users = new Set(shipped);
  const problems: string[] = [];
  for (const [place, entry] of Object.entries(packages)) {
    if (!place.includes("node_modules/") || entry.link === true) continue;
    const name = nameAt(place);
    const licence = licenceOf(name, entry);
    if (accepts(licence, SHIPPED_LICENCES)) continue;
    if (users.has(place)) problems.push(`${place}: ${licence}, and users get it`);
    else if (!isTool(name, licence)) problems.push(`${place}: ${licence}, and it is no tool that is named`);
  }
  return problems;
}

/** Also the parts of a tool for one system, such as `lightningcss-linux-x64-gnu`. */
function isTool(name: string, licence: string): boolean {
  return Object.entries(TOOLS).some(
    ([tool, allowed]) => (name === tool || name.startsWith(`${tool}-`)) && licence === allowed,
  );
}

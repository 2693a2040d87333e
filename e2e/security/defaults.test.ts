import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { loadSettings } from "../../packages/platform/src/settings.ts";

const page = await readFile(path.resolve(import.meta.dirname, "../../docs/security.md"), "utf8");
const rows = [...page.matchAll(/^\| `(\w+)` +\| (\S[^|]*?) *\|/gm)].map(([, name = "", value = ""]) => ({
  name,
  value,
}));

test("the page has the defaults that matter", () => {
  expect(rows.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "apiHost",
      "ingestHost",
      "metricsHost",
      "apiProxies",
      "allowOpenFiles",
      "keepAuditDays",
    ]),
  );
});

test.each(rows)("$name is $value where nobody says otherwise", async ({ name, value }) => {
  const { values } = await loadSettings({ directory: tmpdir(), environment: {} });
  const found = (values as Readonly<Record<string, unknown>>)[name];
  expect(name in values || value === "not set").toBe(true);
  expect(found === undefined ? "not set" : `\`${JSON.stringify(found).replaceAll('"', "")}\``).toBe(value);
});

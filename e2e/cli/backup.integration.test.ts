import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testProject, type TestProject } from "./cli.ts";

const PEOPLE = `import { pipeline, postgres } from "millrace";
export default pipeline("people", {
  source: function* () { for (let id = 0; id < 300; id++) yield { id, name: "n" + id }; },
  destination: postgres().table("people", { key: ["id"] }),
});
`;
const CONFIG = `import { defineConfig } from "millrace";
export default defineConfig({ leaseSeconds: 7 });
`;
const PASSWORD = { MILLRACE_MASTER_PASSWORD: "correct horse battery staple" };

async function counts(project: TestProject): Promise<unknown> {
  const [report] = JSON.parse((await project.millrace("run", "people", "--json")).stdout) as {
    tables: { people: object };
  }[];
  return report?.tables.people;
}

test(
  "a project is saved while its database runs, verified, and goes on from the backup somewhere else",
  { timeout: 240_000 },
  async () => {
    const first = await testProject(
      { "pipelines/people.ts": PEOPLE, "millrace.config.ts": CONFIG },
      PASSWORD,
    );
    const second = await testProject({ "pipelines/people.ts": PEOPLE }, PASSWORD);
    const file = join(first.root, "all.tar");
    try {
      expect(await counts(first)).toMatchObject({ inserted: 300 });
      expect((await first.feed("s3cret value", "secret", "set", "token")).code).toBe(0);
      const saved = await first.millrace("backup", file, "--tables");
      expect(saved.code).toBe(0);
      expect(saved.stdout).toMatch(/control database +\d+ tables with [\d,]+ rows, as of 20\d\d-/);
      expect(saved.stdout).toContain("MILLRACE_MASTER_PASSWORD");
      const again = await first.millrace("backup", file);
      expect(again.code).toBe(2);
      const verified = await first.millrace("backup", "verify", file, "--json");
      expect(JSON.parse(verified.stdout)).toMatchObject({
        whole: true,
        wrong: [],
        files: [{ path: "millrace.config.ts" }],
      });

      const restored = await second.millrace("restore", file, "--tables");
      expect(restored.code).toBe(0);
      expect(restored.stdout).toContain("millrace.config.ts: restored");
      expect((await second.millrace("settings")).stdout).toMatch(/leaseSeconds +MILLRACE_LEASE_SECONDS +7/);
      expect(JSON.parse((await second.millrace("runs", "--json")).stdout)).toHaveLength(1);
      expect((await second.millrace("secret", "list")).stdout).toContain("token");
      expect((await second.millrace("secret", "rotate")).code).toBe(0);
      // The rows, their hashes and the fence came along: nothing is written again.
      expect(await counts(second)).toMatchObject({ inserted: 0, unchanged: 300 });
      expect((await second.millrace("verify", "people")).code).toBe(0);

      const refused = await second.millrace("restore", file);
      expect(refused.code).toBe(4);
      expect(refused.stderr).toContain("MLR_RESTORE_REFUSED");
      const unasked = await second.millrace("restore", file, "--replace");
      expect(unasked.code).toBe(2);
      // The destination keeps its newer state: the pipeline goes on above the attempts that the backup knows.
      expect((await second.millrace("restore", file, "--replace", "--yes")).code).toBe(0);
      expect(await counts(second)).toMatchObject({ inserted: 0, unchanged: 300 });
    } finally {
      for (const project of [first, second]) {
        await project.millrace("db", "stop");
        await project.remove();
      }
      await rm(file, { force: true });
    }
  },
);

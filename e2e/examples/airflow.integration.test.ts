import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestProject, testProject } from "../cli/cli.ts";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";

const DAG = fileURLToPath(new URL("../../examples/airflow/millrace_dag.py", import.meta.url));
const CLI = fileURLToPath(new URL("../../packages/millrace/src/cli.ts", import.meta.url));
const missing = spawnSync("python3", ["--version"]).error !== undefined;
if (missing) process.stderr.write("The example for Airflow is not tested: no python3 is installed.\n");

/** As much of Airflow as reading the file takes; what the tasks call is the example's own. */
const AIRFLOW = {
  "__init__.py": "",
  "decorators.py": `
class Task:
    def __init__(self, name): self.name, self.after = name, []
    def __rshift__(self, other): self.after.append(other.name); return other
TASKS = {}
def task(task_id):
    def call(function):
        def bind(name): TASKS[task_id] = Task(name); return TASKS[task_id]
        return bind
    return call
def dag(**options):
    return lambda function: function
`,
  "exceptions.py":
    "class AirflowException(Exception): pass\nclass AirflowFailException(AirflowException): pass\n",
};

describe.skipIf(missing)("the example for Airflow", () => {
  let folder: string;
  let project: TestProject;
  let database: FreshDatabase;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-airflow-"));
    mkdirSync(join(folder, "airflow"));
    for (const [name, text] of Object.entries(AIRFLOW)) writeFileSync(join(folder, "airflow", name), text);
    database = await freshDatabase();
    project = await testProject({
      "pipelines/all.ts": `import { pipeline, postgres, rows } from "millrace";
export default [
  pipeline("cities", { source: rows([{ id: 1 }, { id: 2 }]), destination: postgres().table("cities", { key: ["id"] }) }),
  pipeline("broken", { source: async function* () { throw new Error("no"); }, retry: { attempts: 1 },
    destination: postgres().table("broken", { key: ["id"] }) }),
];
`,
    });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await project.remove();
    await database.drop();
  });

  const python = (code: string): string =>
    execFileSync(
      "python3",
      [
        "-B",
        "-c",
        `import sys; sys.path[:0] = [${JSON.stringify(folder)}, ${JSON.stringify(join(DAG, ".."))}]\n${code}`,
      ],
      {
        cwd: project.root,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          MILLRACE_PROGRAM: `${process.execPath} --conditions=@millrace/source ${CLI}`,
          MILLRACE_DATABASE_URL: database.url,
        },
      },
    );

  test("it compiles, and its tasks follow one another as the pipelines do", () => {
    execFileSync("python3", ["-B", "-c", `import ast; ast.parse(open(${JSON.stringify(DAG)}).read())`]);
    const said = python(
      "import millrace_dag, json; from airflow.decorators import TASKS\nprint(json.dumps({name: each.after for name, each in TASKS.items()}))",
    );
    expect(JSON.parse(said)).toEqual({ cities: ["totals"], quakes: ["totals"], totals: [] });
  });

  test("a task returns the counts of the run that it made", () => {
    const said = python("import millrace_dag, json\nprint(json.dumps(millrace_dag.run_pipeline('cities')))");
    expect(JSON.parse(said.trim().split("\n").at(-1) ?? "")).toMatchObject({
      tables: { cities: { inserted: 2 } },
    });
  });

  test("what no retry mends fails at once, and what one may mend is tried again", () => {
    const raised = (name: string): string =>
      python(
        `import millrace_dag\ntry:\n  millrace_dag.run_pipeline('${name}')\nexcept Exception as error:\n  print(type(error).__name__, error)`,
      );
    expect(raised("nothing")).toMatch(/AirflowFailException MLR_PIPELINE_NOT_FOUND/);
    expect(raised("broken")).toMatch(/Airflow(Fail)?Exception broken failed: MLR_/);
  });
});

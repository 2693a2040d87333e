import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { MillraceError, type Pipeline } from "@millrace/core";
import { isPushed } from "../project/choose-pipelines.ts";
import { loadPipelines } from "../project/load-pipelines.ts";
import type { OpenProject } from "../project/open-project.ts";
import { pipelineTree } from "../project/pipeline-tree.ts";
import { isEndless } from "./crontab.ts";

/** What is deployed. */
export interface DeployPlan {
  readonly root: string;
  /** Names the unit, the lines of crontab and the folder: letters, digits, `-`, `_` and `.`. */
  readonly app: string;
  readonly pipelines: readonly Pipeline[];
  /** Those that end by themselves, parents first: each is run once. */
  readonly runs: readonly string[];
}

/**
 * Looks at the project before anything is sent. Fails with MLR_PROJECT_INVALID, also where one of its files cannot be used.
 * @param name default: that of package.json
 */
export async function deployPlan(project: OpenProject, name?: string): Promise<DeployPlan> {
  const { root } = project;
  const manifest = await manifestOf(root);
  const { pipelines, errors } = await loadPipelines(project);
  const [broken] = errors;
  if (broken !== undefined) throw broken;
  const runs = pipelineTree(pipelines)
    .map(({ entry }) => entry.pipeline)
    .filter((each) => each.enabled !== false && !isPushed(each) && !isEndless(each))
    .map((each) => each.name);
  return {
    root,
    app: appName(name ?? manifest.name ?? basename(root)),
    pipelines: pipelines.map(({ pipeline }) => pipeline),
    runs,
  };
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(root: string): Promise<Manifest> {
  const text = await readFile(join(root, "package.json"), "utf8").catch(() => undefined);
  const manifest = text === undefined ? {} : (JSON.parse(text) as Manifest);
  if (manifest.dependencies?.["millrace"] !== undefined) return manifest;
  throw new MillraceError(
    "MLR_PROJECT_INVALID",
    `${join(root, "package.json")} has no dependency "millrace"`,
    {
      hint: "The machine installs what package.json names: npm install millrace",
      details: { root },
    },
  );
}

function appName(given: string): string {
  const name = given
    .replace(/^@/, "")
    .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "");
  if (name !== "") return name;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${given}" cannot be the name of a deployed project`, {
    hint: "Say --name with letters and digits.",
  });
}

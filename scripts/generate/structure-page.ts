import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { GeneratedFile } from "./generated-file.ts";
import { publicNames } from "./public-names.ts";

/** The contracts that are drawn. */
const CONTRACTS = [
  "Source",
  "ReadContext",
  "Message",
  "Transform",
  "Destination",
  "Session",
  "Capabilities",
  "Pipeline",
  "Batch",
  "CommitResult",
  "Epoch",
  "Receipt",
] as const;

/** Pictures of the code: which package needs which, and core's contracts with what they refer to. */
export const structurePage: GeneratedFile = {
  path: "docs/reference/structure.md",
  async generate(root) {
    return `# Structure, drawn from the code

<!-- Generated from the packages by \`npm run generate\`. -->

## Packages

An arrow leads to what is needed.

\`\`\`mermaid
${await packagePicture(root)}
\`\`\`

## Contracts of core

Members as they are declared; an arrow leads to a contract that a declaration names.

\`\`\`mermaid
${await contractPicture(root)}
\`\`\`
`;
  },
};

async function packagePicture(root: string): Promise<string> {
  const lines = ["flowchart BT"];
  for (const folder of (await readdir(path.join(root, "packages"))).toSorted()) {
    const text = await readFile(path.join(root, "packages", folder, "package.json"), "utf8").catch(
      () => undefined,
    );
    if (text === undefined) continue;
    const { name, dependencies = {} } = JSON.parse(text) as {
      name: string;
      dependencies?: Record<string, string>;
    };
    lines.push(`  ${folder}["${name}"]`);
    for (const needed of Object.keys(dependencies).toSorted()) {
      if (needed.startsWith("@millrace/")) lines.push(`  ${folder} --> ${needed.slice("@millrace/".length)}`);
    }
  }
  return lines.join("\n");
}

async function contractPicture(root: string): Promise<string> {
  const names = await publicNames(root, "packages/core/src/index.ts");
  const lines = ["classDiagram"];
  for (const contract of CONTRACTS) {
    const found = names.find(({ name }) => name === contract);
    if (found === undefined) continue;
    const { signature } = found;
    lines.push(`  class ${contract} {`);
    if (signature.startsWith("interface")) lines.push("    <<interface>>");
    for (const member of membersOf(signature)) lines.push(`    ${member}`);
    lines.push("  }");
    for (const other of CONTRACTS) {
      if (other !== contract && new RegExp(`\\b${other}\\b`).test(signature))
        lines.push(`  ${contract} --> ${other}`);
    }
  }
  return lines.join("\n");
}

/** Names of an interface's members; of a method with brackets. */
function membersOf(signature: string): string[] {
  return [...signature.matchAll(/^ {2}(?:readonly )?(\w+)(\??)(?:<[^>]*>)?(\(?)/gm)].map(
    ([, name = "", optional = "", call = ""]) =>
      `+${name}${call === "(" ? "()" : ""}${optional === "?" ? " optional" : ""}`,
  );
}

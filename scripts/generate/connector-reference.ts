import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { GeneratedFile } from "./generated-file.ts";
import { OptionReader, type Option } from "./option-list.ts";
import { publicNames, type PublicName } from "./public-names.ts";
import { connectorsOf } from "./connector-registry.ts";

const FOLDER = "packages/connectors/src";
const TITLES = [
  ["source", "Sources"],
  ["destination", "Destinations"],
  ["transform", "Transforms"],
  ["reader", "Readers of sampling"],
  ["writer", "Writers of sampling"],
] as const;

interface Connector {
  readonly kind: string;
  readonly folder: string;
  readonly declared: PublicName;
  readonly options: readonly Option[];
}

/** The reference page of all connectors, made from their functions' comments and their options' schemas. */
export const connectorReference: GeneratedFile = {
  path: "docs/reference/connectors.md",
  async generate(root) {
    const connectors = await allConnectors(root);
    const parts = [
      "# Connectors",
      "<!-- Generated from packages/connectors/src by `npm run generate`. -->",
      "Every source, destination, transform, reader and writer with its options. Options that are not marked as needed have a default. All are" +
        " checked when the pipeline is loaded, without connecting to anything.",
      ...TITLES.map(([kind, title]) => `- ${title}: ${links(connectors, kind)}`)
        .join("\n")
        .split("\n\n"),
    ];
    for (const [kind, title] of TITLES) {
      parts.push(`## ${title}`);
      for (const connector of connectors.filter((each) => each.kind === kind))
        parts.push(...section(connector));
    }
    return `${parts.join("\n\n")}\n`;
  },
};

function links(connectors: readonly Connector[], kind: string): string {
  return connectors
    .filter((each) => each.kind === kind)
    .map(({ declared }) => `[${declared.name}](#${declared.name.toLowerCase()})`)
    .join(", ");
}

async function allConnectors(root: string): Promise<readonly Connector[]> {
  const reader = new OptionReader(root);
  const connectors: Connector[] = [];
  const folders = await readdir(path.join(root, FOLDER), { withFileTypes: true });
  for (const folder of folders.filter((each) => each.isDirectory() && each.name !== "shared")) {
    const index = `${FOLDER}/${folder.name}/index.ts`;
    const names = await publicNames(root, index).catch(() => []);
    for (const { name, kind } of connectorsOf(names)) {
      const declared = names.find((each) => each.name === name);
      if (declared === undefined) continue;
      const options = await optionsOf(root, reader, declared);
      connectors.push({ kind, folder: folder.name, declared, options });
    }
  }
  return connectors.toSorted((a, b) => (a.declared.name < b.declared.name ? -1 : 1));
}

/** The options of the schema that a parameter's type is named after: `CsvOptions` of `csvOptions`. */
async function optionsOf(
  root: string,
  reader: OptionReader,
  { signature, file }: PublicName,
): Promise<readonly Option[]> {
  const type = /\b([A-Z]\w*Options)\b/.exec(signature)?.[1];
  if (type === undefined) return [];
  const schema = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const folder = path.posix.dirname(file);
  for (const candidate of await sources(root, folder)) {
    const text = await readFile(path.join(root, candidate), "utf8");
    if (new RegExp(`const ${schema}\\b`).test(text)) return reader.options(candidate, schema);
  }
  return [];
}

async function sources(root: string, folder: string): Promise<readonly string[]> {
  const files = await readdir(path.join(root, folder), { recursive: true });
  return files
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .toSorted();
}

function section({ folder, declared, options }: Connector): string[] {
  const { text, examples } = splitDoc(declared.doc ?? "");
  return [
    `### ${declared.name}`,
    text,
    `\`import { ${declared.name} } from "@millrace/connectors/${folder}";\``,
    ...(options.length === 0 ? [`\`\`\`ts fragment\n${declared.signature}\n\`\`\``] : []),
    ...examples.map((example) => `\`\`\`ts fragment\n${example}\n\`\`\``),
    ...(options.length === 0 ? [] : [table(options)]),
  ].filter((part) => part !== "");
}

/** What a doc comment says, and its `@example`s; other tags are for editors. */
function splitDoc(doc: string): { readonly text: string; readonly examples: readonly string[] } {
  const [text = "", ...tags] = doc.split(/^@/m);
  const examples = tags
    .filter((tag) => tag.startsWith("example"))
    .map((tag) =>
      tag
        .slice("example".length)
        .replaceAll(/^```\w*.*$/gm, "")
        .trim(),
    );
  return { text: escapeTags(text.trim().replaceAll("```ts\n", "```ts fragment\n")), examples };
}

function table(options: readonly Option[]): string {
  const rows = options.map(
    ({ name, takes, required, doc }) =>
      `| \`${name}\` | ${cell(takes)}${required ? ", needed" : ""} | ${cell(escapeTags(doc))} |`,
  );
  return ["| option | takes | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Angle brackets outside of code would be taken for HTML. */
function escapeTags(doc: string): string {
  return doc
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
}

import type { ExportedName } from "../gates/exported-names.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { publicNames } from "./public-names.ts";

const ENTRIES = [
  { title: "@millrace/core", file: "packages/core/src/index.ts" },
  { title: "@millrace/core/testing", file: "packages/core/src/testing/index.ts" },
];

/** What core exports, with its documentation: a change of the public API shows as a change of this page. */
export const apiReport: GeneratedFile = {
  path: "docs/reference/api.md",
  async generate(root) {
    const parts = [
      "# API of @millrace/core",
      "<!-- Generated from packages/core/src by `npm run generate`. -->",
      "Every name that the package exports, as declared, in alphabetical order.",
    ];
    for (const { title, file } of ENTRIES) {
      const names = await publicNames(root, file);
      parts.push(`## ${title}`, ...names.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(section));
    }
    return `${parts.join("\n\n")}\n`;
  },
};

function section({ name, doc, signature }: ExportedName): string {
  const text = doc === undefined ? "" : `\n\n${escapeTags(doc)}`;
  return `### ${name}${text}\n\n\`\`\`ts fragment\n${signature}\n\`\`\``;
}

/** Angle brackets outside of code would be taken for HTML. */
function escapeTags(doc: string): string {
  return doc
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
}

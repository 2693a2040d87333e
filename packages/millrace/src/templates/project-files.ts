import { pipelineFiles } from "./pipeline-files.ts";
import type { NewFiles } from "./write-new-files.ts";

/** The pipeline that a new project begins with. */
export const FIRST_PIPELINE = "cities";

const CITIES = `id,name,country,population,latitude,longitude
1,Tokyo,Japan,37400000,35.6897,139.6922
2,Delhi,India,32900000,28.6100,77.2300
3,São Paulo,Brazil,22600000,-23.5504,-46.6339
4,Lagos,Nigeria,15900000,6.4550,3.3841
5,Berlin,Germany,3700000,52.5200,13.4050
`;

/**
 * The files of a new project.
 * @param name of the npm package
 * @param version of millrace that it depends on
 */
export function projectFiles(name: string, version: string): NewFiles {
  return {
    "package.json": json({
      name,
      version: "0.0.0",
      private: true,
      type: "module",
      scripts: { start: "millrace start", check: "tsc" },
      dependencies: { millrace: `^${version}` },
      devDependencies: { "@types/node": "^24.0.0", typescript: "^7.0.0" },
    }),
    "tsconfig.json": json({
      compilerOptions: {
        target: "ES2024",
        module: "NodeNext",
        types: ["node"],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
      },
      include: ["millrace.config.ts", "pipelines", "connectors"],
    }),
    "millrace.config.ts": CONFIG,
    ...pipelineFiles(FIRST_PIPELINE, "csv", CITIES),
    ".gitignore": "node_modules/\n.millrace/\n.env\n",
    "README.md": readme(name),
  };
}

const CONFIG = `import { defineConfig } from "millrace";

export default defineConfig({
  // Where the data lands. Without it: the environment variable MILLRACE_DATABASE_URL, else a PostgreSQL that Millrace
  // brings along and keeps in .millrace/.
  // databaseUrl: "postgres://user:password@host:5432/database",
});
`;

function readme(name: string): string {
  return `# ${name}

Collects data with [Millrace](https://www.npmjs.com/package/millrace).

\`\`\`sh
npm install                    # once
npx millrace list              # the pipelines
npx millrace run ${FIRST_PIPELINE}        # run one; again: only what changed is written
npx millrace new prices        # add pipelines/prices.ts
npx millrace db url            # where to query the data
npm run check                  # types
\`\`\`

- \`pipelines/\`: one file per pipeline, each with a default export of \`pipeline(…)\`, or an array of them.
- \`connectors/\`: sources and transforms of your own; import them into pipelines by path.
- \`data/\`: files that the example reads.
- \`millrace.config.ts\`: where the data lands.
`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

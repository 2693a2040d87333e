import type { Gate } from "./gate.ts";
import { runTool } from "./run-tool.ts";

interface Report {
  readonly diagnostics: readonly {
    readonly message: string;
    readonly code?: string;
    readonly severity: "error" | "warning" | "advice";
    readonly help?: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number; readonly column: number } }[];
  }[];
  readonly number_of_files: number;
}

/** Lint rules, those that need types included: oxlint with `.oxlintrc.json`. */
export const lint: Gate = {
  name: "lint",
  checks: "no lint errors, rules that need types included",
  async run({ root, fix }) {
    const result = await runTool(root, { package: "oxlint", bin: "oxlint" }, [
      "--type-aware",
      "--format=json",
      ...(fix ? ["--fix"] : []),
    ]);
    const report = parseReport(result.text);
    if (report === undefined) return { looked: 0, unit: "files", problems: [result.text] };
    const lines = { error: [] as string[], warning: [] as string[], advice: [] as string[] };
    for (const found of report.diagnostics) {
      const span = found.labels[0]?.span;
      const where = span === undefined ? found.filename : `${found.filename}:${span.line}:${span.column}`;
      lines[found.severity].push(`${where} ${found.message} [${found.code ?? "oxlint"}]`);
    }
    const problems = lines.error.toSorted();
    if (problems.length === 0 && result.code !== 0) problems.push(`oxlint ended with ${result.code}`);
    return { looked: report.number_of_files, unit: "files", problems, notes: lines.warning.toSorted() };
  },
};

function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text.slice(text.indexOf("{"))) as Report;
  } catch {
    return undefined;
  }
}

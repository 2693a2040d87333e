import path from "node:path";

/** The part of Vitest's JSON report that is read. */
export interface VitestReport {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** What several test runs came to. */
export interface Summary {
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  /** What is worth reading: failures, and skips that are not allowed. */
  readonly lines: readonly string[];
  readonly failed: boolean;
}

/**
 * Adds up test runs. A run without a report, a file that could not be loaded and a run that failed although its tests
 * passed (an unhandled error) count as one failure each.
 * @param allowedSkips parts of names of tests that may be skipped; undefined: all may.
 */
export function summarize(
  runs: readonly { readonly file: string; readonly report: VitestReport | undefined }[],
  allowedSkips: readonly string[] | undefined,
): Summary {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  let refused = 0;
  for (const { file, report } of runs) {
    const failedBefore = counts.failed;
    const tests = report === undefined ? [] : testsOf(report);
    for (const { name, status } of tests) {
      counts[status] += 1;
      if (status === "failed") lines.push(`failed: ${name}`);
      if (status === "skipped" && allowedSkips?.some((part) => name.includes(part)) === false) {
        lines.push(`skipped, which is not allowed here: ${name}`);
        refused += 1;
      }
    }
    if (tests.length === 0) lines.push(`no tests in ${file}`);
    else if (report?.success === false && counts.failed === failedBefore)
      lines.push(`failed outside of a test: ${file}`);
    else continue;
    counts.failed += 1;
  }
  return { counts, lines, failed: counts.failed + refused > 0 };
}

type Status = "passed" | "failed" | "skipped";

function testsOf(report: VitestReport): { readonly name: string; readonly status: Status }[] {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative(process.cwd(), name);
    if (assertionResults.length === 0 && status === "failed") {
      return [
        { name: `${file}: ${message?.split("\n", 1)[0] ?? "could not be run"}`, status: "failed" as const },
      ];
    }
    return assertionResults.map((test) => ({
      name: `${file} > ${test.fullName}`,
      status: statusOf(test.status),
    }));
  });
}

function statusOf(status: string): Status {
  return status === "passed" || status === "failed" ? status : "skipped";
}

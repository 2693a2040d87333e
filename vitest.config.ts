import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@millrace/source"] },
  ssr: { resolve: { conditions: ["@millrace/source"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "e2e/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.integration.test.ts", "**/*.crash.test.ts"],
    pool: "forks",
    // Many tests wait for processes and servers: also on two cores two files at a time end sooner.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    execArgv: ["--conditions=@millrace/source"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    globalSetup: ["packages/connectors/test/postgres-server.ts"],
  },
});

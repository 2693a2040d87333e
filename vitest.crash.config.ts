import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

// The long form of the fault tests: hundreds of kills, each followed by a recovery and a comparison.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/**/*.crash.test.ts", "e2e/**/*.crash.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30 * 60_000,
  },
});

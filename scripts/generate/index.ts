import { apiReport } from "./api-report.ts";
import { errorsPage } from "./errors-page.ts";
import type { GeneratedFile } from "./generated-file.ts";

/** Every file that is generated and committed. */
export const GENERATED: readonly GeneratedFile[] = [errorsPage, apiReport];

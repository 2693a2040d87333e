import { apiReport } from "./api-report.ts";
import { connectorReference } from "./connector-reference.ts";
import { connectorRegistry } from "./connector-registry.ts";
import { connectorsApi } from "./connectors-api.ts";
import { controlSchema } from "./control-schema.ts";
import { errorsPage } from "./errors-page.ts";
import { ingestProto } from "./ingest-proto.ts";
import { licenceCopies } from "./licence-copies.ts";
import { monitoringFiles } from "./monitoring-files.ts";
import { openApi, openApiTypes } from "./open-api.ts";
import { structurePage } from "./structure-page.ts";
import type { GeneratedFile } from "./generated-file.ts";

/** Every file that is generated and committed. */
export const GENERATED: readonly GeneratedFile[] = [
  errorsPage,
  apiReport,
  connectorRegistry,
  connectorReference,
  controlSchema,
  openApi,
  openApiTypes,
  ingestProto,
  structurePage,
  connectorsApi,
  ...monitoringFiles,
  ...licenceCopies,
];

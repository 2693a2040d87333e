import type { ApiRoutes } from "../server/api-routes.ts";
import { lineageRoutes } from "./lineage/routes.ts";
import { overviewRoutes } from "./overview/routes.ts";
import { tablesRoutes } from "./tables/routes.ts";
import { eventsRoutes } from "./events/routes.ts";
import { functionsRoutes } from "./functions/routes.ts";
import { groupsRoutes } from "./groups/routes.ts";
import { logsRoutes } from "./logs/routes.ts";
import { objectsRoutes } from "./objects/routes.ts";
import { pipelinesRoutes } from "./pipelines/routes.ts";
import { runsRoutes } from "./runs/routes.ts";
import { schedulesRoutes } from "./schedules/routes.ts";
import { commandsRoutes } from "./commands/routes.ts";
import { backfillsRoutes } from "./backfills/routes.ts";
import { queuesRoutes } from "./queues/routes.ts";
import { tasksRoutes } from "./tasks/routes.ts";
import { workersRoutes } from "./workers/routes.ts";
import { secretsRoutes } from "./secrets/routes.ts";
import { settingsRoutes } from "./settings/routes.ts";
import { qualityRoutes } from "./quality/routes.ts";
import { metricsRoutes } from "./metrics/routes.ts";
import { notificationsRoutes } from "./notifications/routes.ts";
import { storageRoutes } from "./storage/routes.ts";
import { collectorsRoutes } from "./sources/routes.ts";
import { samplingRoutes } from "./sources/sampling-routes.ts";
import { dataRoutes } from "./data/routes.ts";
import { documentsRoutes } from "./documents/routes.ts";
import { errorsRoutes } from "./errors/routes.ts";

/** The routes of all resources, each under `/api/v1`. */
export const ROUTES: readonly ApiRoutes[] = [
  eventsRoutes,
  functionsRoutes,
  groupsRoutes,
  lineageRoutes,
  logsRoutes,
  objectsRoutes,
  overviewRoutes,
  pipelinesRoutes,
  runsRoutes,
  schedulesRoutes,
  tablesRoutes,
  commandsRoutes,
  backfillsRoutes,
  queuesRoutes,
  tasksRoutes,
  workersRoutes,
  secretsRoutes,
  settingsRoutes,
  qualityRoutes,
  metricsRoutes,
  notificationsRoutes,
  storageRoutes,
  errorsRoutes,
  collectorsRoutes,
  samplingRoutes,
  documentsRoutes,
  dataRoutes,
];

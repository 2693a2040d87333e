import type { ApiRoutes } from "../server/api-routes.ts";
import { lineageRoutes } from "./lineage/routes.ts";
import { overviewRoutes } from "./overview/routes.ts";
import { tablesRoutes } from "./tables/routes.ts";

/** The routes of all resources, each under `/api/v1`. */
export const ROUTES: readonly ApiRoutes[] = [tablesRoutes];

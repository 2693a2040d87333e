import type { Authentication } from "../auth/authentication.ts";
import { authRoutes } from "../auth/routes.ts";
import { liveRoutes } from "../live/routes.ts";
import { ROUTES } from "../manage/routes.ts";
import type { ApiRoutes } from "./api-routes.ts";

/** Every route under `/api/v1`. */
export function allRoutes(authentication: Authentication): readonly ApiRoutes[] {
  return [...ROUTES, ...authRoutes(authentication), liveRoutes(authentication)];
}

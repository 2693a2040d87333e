import { useQuery } from "@tanstack/react-query";
import { getQuery } from "../api/get-query.ts";
import { useRole } from "../api/use-role.ts";
import type { NavItem, Presence } from "./navigation.ts";

const KEPT_MS = 5 * 60_000;

/** Tells which pages belong into the navigation: those of which there is something, for the role of who is signed in. */
export function usePresence(): (item: NavItem) => boolean {
  const { isAdmin } = useRole();
  const backfills = useQuery({
    ...getQuery("/api/v1/backfills", { query: { limit: 1 } }),
    staleTime: KEPT_MS,
  });
  const tasks = useQuery({ ...getQuery("/api/v1/tasks"), staleTime: KEPT_MS });
  const plan = useQuery({ ...getQuery("/api/v1/notifications/plan"), staleTime: KEPT_MS });
  const errors = useQuery({ ...getQuery("/api/v1/errors", { query: { limit: 1 } }), staleTime: KEPT_MS });
  const present: Readonly<Record<Presence, boolean>> = {
    backfills: (backfills.data?.items.length ?? 0) > 0,
    tasks: (tasks.data?.items.length ?? 0) > 0,
    errors: (errors.data?.items.length ?? 0) > 0,
    notifications: (plan.data?.channels.length ?? 0) > 0,
  };
  return ({ needs, admin }) => (admin !== true || isAdmin) && (needs === undefined || present[needs]);
}

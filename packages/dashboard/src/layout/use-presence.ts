import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { getQuery } from "../api/get-query.ts";
import { useRole } from "../api/use-role.ts";
import type { NavItem, Presence } from "./navigation.ts";

const KEPT_MS = 5 * 60_000;
/** What was there when the page was last loaded: the navigation begins with it, and does not jump. */
const LAST = "millrace.presence";

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
  const collectors = useQuery({ ...getQuery("/api/v1/collectors"), staleTime: KEPT_MS });
  const sampling = useQuery({ ...getQuery("/api/v1/sampling"), staleTime: KEPT_MS });
  const documents = useQuery({
    ...getQuery("/api/v1/documents", { query: { limit: 1 } }),
    staleTime: KEPT_MS,
  });
  const before = lastPresence();
  const present: Readonly<Record<Presence, boolean>> = {
    backfills: isThere(backfills.data?.items) ?? before.has("backfills"),
    tasks: isThere(tasks.data?.items) ?? before.has("tasks"),
    collectors: isThere(collectors.data?.items) ?? before.has("collectors"),
    sampling: isThere(sampling.data?.items) ?? before.has("sampling"),
    documents: isThere(documents.data?.items) ?? before.has("documents"),
    errors: isThere(errors.data?.items) ?? before.has("errors"),
    notifications: isThere(plan.data?.channels) ?? before.has("notifications"),
  };
  const names = Object.entries(present)
    .filter(([, there]) => there)
    .map(([name]) => name)
    .join(" ");
  useEffect(() => keepPresence(names), [names]);
  return ({ needs, admin }) => (admin !== true || isAdmin) && (needs === undefined || present[needs]);
}

function isThere(items: readonly unknown[] | undefined): boolean | undefined {
  return items === undefined ? undefined : items.length > 0;
}

function lastPresence(): ReadonlySet<string> {
  try {
    return new Set((localStorage.getItem(LAST) ?? "").split(" "));
  } catch {
    return new Set();
  }
}

function keepPresence(names: string): void {
  try {
    localStorage.setItem(LAST, names);
  } catch {
    // A browser that keeps nothing shows the pages as soon as it knows of them.
  }
}

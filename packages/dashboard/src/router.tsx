import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "./api/api-error.ts";
import { queryClient } from "./api/query-client.ts";
import { meQuery } from "./api/session.ts";
import { PageError } from "./layout/page-error.tsx";
import { PageNotFound } from "./layout/page-not-found.tsx";
import { PagePending } from "./layout/page-pending.tsx";
import { Shell } from "./layout/shell.tsx";
import { texts } from "./searches.ts";

/** Every page and its address: one line a page, one file a page, loaded when it is first opened. */

const root = createRootRoute({ component: Outlet, notFoundComponent: PageNotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: texts("next", "error"),
  component: lazyRouteComponent(() => import("./pages/sign-in.tsx"), "SignInPage"),
});

/** Pages inside the frame, for those who are signed in; others are sent to sign in and come back. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href }, throw: true });
    }
  },
});
const inShell = { getParentRoute: () => shell } as const;

const home = createRoute({
  ...inShell,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home.tsx"), "HomePage"),
});

const pipelines = createRoute({
  ...inShell,
  path: "/pipelines",
  validateSearch: texts("q", "state", "group", "sort"),
  component: lazyRouteComponent(() => import("./pages/pipelines.tsx"), "PipelinesPage"),
});
const pipeline = createRoute({
  ...inShell,
  path: "/pipelines/$name",
  validateSearch: texts("tab", "action"),
  component: lazyRouteComponent(() => import("./pages/pipeline.tsx"), "PipelinePage"),
});
const runs = createRoute({
  ...inShell,
  path: "/runs",
  validateSearch: texts("pipeline", "status", "trigger"),
  component: lazyRouteComponent(() => import("./pages/runs.tsx"), "RunsPage"),
});
const run = createRoute({
  ...inShell,
  path: "/runs/$id",
  validateSearch: texts("tab", "q", "level"),
  component: lazyRouteComponent(() => import("./pages/run.tsx"), "RunPage"),
});
const backfills = createRoute({
  ...inShell,
  path: "/backfills",
  validateSearch: texts("pipeline"),
  component: lazyRouteComponent(() => import("./pages/backfills.tsx"), "BackfillsPage"),
});

const tables = createRoute({
  ...inShell,
  path: "/data",
  validateSearch: texts("q", "pipeline"),
  component: lazyRouteComponent(() => import("./pages/tables.tsx"), "TablesPage"),
});
const table = createRoute({
  ...inShell,
  path: "/data/$table",
  validateSearch: texts("tab", "filter", "sort", "key", "from", "to"),
  component: lazyRouteComponent(() => import("./pages/table.tsx"), "TablePage"),
});
const lineage = createRoute({
  ...inShell,
  path: "/lineage",
  validateSearch: texts("focus"),
  component: lazyRouteComponent(() => import("./pages/lineage.tsx"), "LineagePage"),
});

const dataApi = createRoute({
  ...inShell,
  path: "/data-api",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("./pages/data-api.tsx"), "DataApiPage"),
});

const collectors = createRoute({
  ...inShell,
  path: "/collectors",
  component: lazyRouteComponent(() => import("./pages/collectors.tsx"), "CollectorsPage"),
});
const collector = createRoute({
  ...inShell,
  path: "/collectors/$pipeline",
  component: lazyRouteComponent(() => import("./pages/collector.tsx"), "CollectorPage"),
});

const samplings = createRoute({
  ...inShell,
  path: "/sampling",
  component: lazyRouteComponent(() => import("./pages/samplings.tsx"), "SamplingsPage"),
});
const sampling = createRoute({
  ...inShell,
  path: "/sampling/$pipeline",
  component: lazyRouteComponent(() => import("./pages/sampling.tsx"), "SamplingPage"),
});

const documents = createRoute({
  ...inShell,
  path: "/documents",
  validateSearch: texts("q", "state", "pipeline"),
  component: lazyRouteComponent(() => import("./pages/documents.tsx"), "DocumentsPage"),
});
const document = createRoute({
  ...inShell,
  path: "/documents/$id",
  component: lazyRouteComponent(() => import("./pages/document.tsx"), "DocumentPage"),
});

const queues = createRoute({
  ...inShell,
  path: "/queues",
  component: lazyRouteComponent(() => import("./pages/queues.tsx"), "QueuesPage"),
});
const tasks = createRoute({
  ...inShell,
  path: "/tasks",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("./pages/tasks.tsx"), "TasksPage"),
});
const workers = createRoute({
  ...inShell,
  path: "/workers",
  component: lazyRouteComponent(() => import("./pages/workers.tsx"), "WorkersPage"),
});
const logs = createRoute({
  ...inShell,
  path: "/logs",
  validateSearch: texts("q", "level", "pipeline"),
  component: lazyRouteComponent(() => import("./pages/logs.tsx"), "LogsPage"),
});
const events = createRoute({
  ...inShell,
  path: "/events",
  validateSearch: texts("type", "pipeline"),
  component: lazyRouteComponent(() => import("./pages/events.tsx"), "EventsPage"),
});
const errors = createRoute({
  ...inShell,
  path: "/errors",
  validateSearch: texts("fingerprint"),
  component: lazyRouteComponent(() => import("./pages/errors.tsx"), "ErrorsPage"),
});
const notifications = createRoute({
  ...inShell,
  path: "/notifications",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("./pages/notifications.tsx"), "NotificationsPage"),
});
const storage = createRoute({
  ...inShell,
  path: "/storage",
  component: lazyRouteComponent(() => import("./pages/storage.tsx"), "StoragePage"),
});

const settings = createRoute({
  ...inShell,
  path: "/settings",
  validateSearch: texts("q"),
  component: lazyRouteComponent(() => import("./pages/settings.tsx"), "SettingsPage"),
});
const secrets = createRoute({
  ...inShell,
  path: "/secrets",
  component: lazyRouteComponent(() => import("./pages/secrets.tsx"), "SecretsPage"),
});
const users = createRoute({
  ...inShell,
  path: "/users",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("./pages/users.tsx"), "UsersPage"),
});
const audit = createRoute({
  ...inShell,
  path: "/audit",
  validateSearch: texts("by", "action"),
  component: lazyRouteComponent(() => import("./pages/audit.tsx"), "AuditPage"),
});

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    pipelines,
    pipeline,
    runs,
    run,
    backfills,
    tables,
    table,
    lineage,
    dataApi,
    collectors,
    collector,
    samplings,
    sampling,
    documents,
    document,
    queues,
    tasks,
    workers,
    logs,
    events,
    errors,
    notifications,
    storage,
    settings,
    secrets,
    users,
    audit,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  defaultErrorComponent: PageError,
  defaultPendingComponent: PagePending,
  defaultNotFoundComponent: PageNotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

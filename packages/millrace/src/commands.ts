import type { CommandSetup } from "./cli-context.ts";

/** A command as the help lists it; its file is loaded when it is used. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandSetup>;
}

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "run the platform with its dashboard, and at once every pipeline that never ran",
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "up",
    summary: "run the platform in one process tree: dashboard, schedules and runs",
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    name: "scheduler",
    summary: "only queue runs when they are due",
    load: async () => (await import("./commands/scheduler.ts")).scheduler,
  },
  {
    name: "worker",
    summary: "only carry out runs that are queued",
    load: async () => (await import("./commands/worker.ts")).worker,
  },
  {
    name: "ingest",
    summary: "only take rows that programs push",
    load: async () => (await import("./commands/ingest.ts")).ingest,
  },
  {
    name: "dashboard",
    summary: "only serve the dashboard and the management API",
    load: async () => (await import("./commands/dashboard.ts")).dashboard,
  },
  {
    name: "api",
    summary: "only serve the data API over exposed tables",
    load: async () => (await import("./commands/api.ts")).api,
  },
  {
    name: "data",
    summary: "choose which tables the data API shows, and to whom",
    load: async () => (await import("./commands/data.ts")).data,
  },
  {
    name: "init",
    summary: "make a new project",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "new",
    summary: "add a pipeline to the project",
    load: async () => (await import("./commands/new.ts")).newPipeline,
  },
  {
    name: "list",
    summary: "list the project's pipelines",
    load: async () => (await import("./commands/list.ts")).list,
  },
  {
    name: "schedule",
    summary: "tell when pipelines run by themselves",
    load: async () => (await import("./commands/schedule.ts")).schedule,
  },
  {
    name: "run",
    summary: "run pipelines, one after another",
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "backfill",
    summary: "run a pipeline for each day of a range, or for named partitions",
    load: async () => (await import("./commands/backfill.ts")).backfill,
  },
  {
    name: "reprocess",
    summary: "put refused rows through their pipeline again",
    load: async () => (await import("./commands/reprocess.ts")).reprocess,
  },
  {
    name: "plan",
    summary: "tell what a run would change, without writing anything",
    load: async () => (await import("./commands/plan.ts")).plan,
  },
  {
    name: "status",
    summary: "show what runs, what waits, and how each pipeline is",
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "runs",
    summary: "list the latest runs",
    load: async () => (await import("./commands/runs.ts")).runs,
  },
  {
    name: "show",
    summary: "show one run",
    load: async () => (await import("./commands/show.ts")).show,
  },
  {
    name: "documents",
    summary: "documents of hot folders: list, show, review, do again",
    load: async () => (await import("./commands/documents.ts")).documents,
  },
  {
    name: "collectors",
    summary: "live feeds: how they do, and what they are told",
    load: async () => (await import("./commands/collectors.ts")).collectors,
  },
  {
    name: "queues",
    summary: "list the queues, what waits in them and who takes it",
    load: async () => (await import("./commands/queues.ts")).queues,
  },
  {
    name: "workers",
    summary: "list the processes that carry out runs",
    load: async () => (await import("./commands/workers.ts")).workers,
  },
  {
    name: "stop",
    summary: "let a run commit and end; it goes on when it is run again",
    load: async () => (await import("./commands/steer.ts")).steer("stop"),
  },
  {
    name: "cancel",
    summary: "end a run at once, or take it out of the queue",
    load: async () => (await import("./commands/steer.ts")).steer("cancel"),
  },
  {
    name: "pause",
    summary: "start nothing of a pipeline until it is resumed",
    load: async () => (await import("./commands/steer.ts")).steer("pause"),
  },
  {
    name: "resume",
    summary: "end a pause, and go on where it stopped",
    load: async () => (await import("./commands/steer.ts")).steer("resume"),
  },
  {
    name: "restart",
    summary: "stop a pipeline's run and queue a new one",
    load: async () => (await import("./commands/steer.ts")).steer("restart"),
  },
  {
    name: "enable",
    summary: "let a pipeline be started by its schedule and its parents",
    load: async () => (await import("./commands/steer.ts")).steer("enable"),
  },
  {
    name: "disable",
    summary: "start a pipeline only by hand",
    load: async () => (await import("./commands/steer.ts")).steer("disable"),
  },
  {
    name: "task",
    summary: "queue, list, cancel and requeue jobs of tasks",
    load: async () => (await import("./commands/task.ts")).task,
  },
  {
    name: "notifications",
    summary: "list the messages that people were sent",
    load: async () => (await import("./commands/notifications.ts")).notifications,
  },
  {
    name: "notify",
    summary: "send a test message to a notification channel",
    load: async () => (await import("./commands/notify.ts")).notify,
  },
  {
    name: "logs",
    summary: "show what a run logged, or follow it",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "history",
    summary: "show every version of one row",
    load: async () => (await import("./commands/history.ts")).history,
  },
  {
    name: "diff",
    summary: "show what differs between versions of a row, or between runs",
    load: async () => (await import("./commands/diff.ts")).diff,
  },
  {
    name: "quality",
    summary: "show what quality rules came to",
    load: async () => (await import("./commands/quality.ts")).quality,
  },
  {
    name: "functions",
    summary: "list the functions that pipelines watch, the slowest first",
    load: async () => (await import("./commands/functions.ts")).functions,
  },
  {
    name: "objects",
    summary: "tell which pipelines touch a table, view or procedure, and how",
    load: async () => (await import("./commands/objects.ts")).objects,
  },
  {
    name: "verify",
    summary: "read a table back and compare every row with its hash",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "evaluate",
    summary: "measure on labelled texts how well entities are found",
    load: async () => (await import("./commands/evaluate.ts")).evaluate,
  },
  {
    name: "state",
    summary: "show or reset where a pipeline goes on",
    load: async () => (await import("./commands/state.ts")).state,
  },
  {
    name: "singer-target",
    summary: "land what a Singer tap writes to standard input",
    load: async () => (await import("./commands/singer-target.ts")).singerTarget,
  },
  {
    name: "migrate",
    summary: "apply and undo numbered SQL files",
    load: async () => (await import("./commands/migrate.ts")).migrate,
  },
  {
    name: "deploy-tables",
    summary: "make the pipelines' tables, and bring code lists into theirs",
    load: async () => (await import("./commands/deploy-tables.ts")).deployTables,
  },
  {
    name: "deploy",
    summary: "bring the project to another machine by ssh, and keep it going there",
    load: async () => (await import("./commands/deploy.ts")).deploy,
  },
  {
    name: "promote",
    summary: "tell whether the project may go to an environment: tests, migrations, bench figures",
    load: async () => (await import("./commands/promote.ts")).promote,
  },
  {
    name: "storage",
    summary: "list, measure, verify and prune the objects of the project's storage",
    load: async () => (await import("./commands/storage.ts")).storage,
  },
  {
    name: "prune",
    summary: "delete old records of runs, logs, events and messages",
    load: async () => (await import("./commands/prune.ts")).prune,
  },
  {
    name: "backup",
    summary: "save the control database, secrets and settings, while everything goes on",
    load: async () => (await import("./commands/backup.ts")).backup,
  },
  {
    name: "restore",
    summary: "put a backup into the databases of a project",
    load: async () => (await import("./commands/restore.ts")).restore,
  },
  {
    name: "upgrade",
    summary: "tell what this version would change, before it does",
    load: async () => (await import("./commands/upgrade.ts")).upgrade,
  },
  {
    name: "db",
    summary: "start, stop, reset or locate the embedded database",
    load: async () => (await import("./commands/db.ts")).db,
  },
  {
    name: "secret",
    summary: "store, list and rotate passwords, tokens and keys",
    load: async () => (await import("./commands/secret.ts")).secret,
  },
  {
    name: "user",
    summary: "list, add and remove users of the dashboard, and sign them in",
    load: async () => (await import("./commands/user.ts")).user,
  },
  {
    name: "token",
    summary: "list, make and revoke API tokens of programs",
    load: async () => (await import("./commands/token.ts")).token,
  },
  {
    name: "settings",
    summary: "show each setting with its value and where it comes from",
    load: async () => (await import("./commands/settings.ts")).settings,
  },
  {
    name: "doctor",
    summary: "check the machine and the project, and say what to do",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
];

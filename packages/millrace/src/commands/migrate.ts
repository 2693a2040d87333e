import { MillraceError } from "@millrace/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { MIGRATIONS_FOLDER, migratedDatabases, migrationFiles } from "../migrate/load-migrations.ts";
import { migrationName } from "../migrate/migration-file.ts";
import { migrationProblems } from "../migrate/migration-state.ts";
import type { DirtyChoice } from "../migrate/migration-checks.ts";
import type { MigrateOptions, MigrationStep } from "../migrate/migrator.ts";
import { chosenDatabases, requireKnown, withMigrator } from "../migrate/open-migrator.ts";
import { EXIT } from "../exit-codes.ts";
import { formatMany } from "../output/numbers.ts";
import { problemText, stateTable, stepText } from "../output/migrations.ts";
import { addCommonOptions, examples } from "../program.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { writeNewFiles } from "../templates/write-new-files.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";

interface DatabaseFlag {
  readonly database?: string;
  /** Succeed where the project has no migrations. */
  readonly ifAny?: boolean;
}

interface CarryOutFlags extends DatabaseFlag {
  readonly to?: number;
  readonly dirty?: DirtyChoice;
  readonly dryRun?: boolean;
  readonly breakLock?: boolean;
}

const IF_ANY = "succeed where the project has no migrations, as scripts for any project want it";

const TEMPLATE = `-- What is to be done, in SQL.


-- migrate:down
-- What undoes it. Where nothing does, leave this part out.

`;

/** `millrace migrate`: numbered SQL files, each applied once to its database. */
export const migrate: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    `\nThe files are in ${MIGRATIONS_FOLDER}/<database>/: the default database is called "default", others as millrace.config.ts names them.
${examples(["migrate new create_customers", "migrate status", "migrate run --dry-run", "migrate rollback"])}`,
  );
  const add = (name: string, summary: string): Command => {
    const sub = command.command(name).description(summary);
    addCommonOptions(sub, cli.setStart);
    return sub.option("--database <name>", "only this one (default: all that have migrations)");
  };
  add("new", "Make a new migration file with the next number.")
    .argument("<name>", "what it does, such as create_customers")
    .addHelpText(
      "after",
      examples(["migrate new create_customers", "migrate new add_index --database warehouse"]),
    )
    .action((name: string, flags: DatabaseFlag) => create(cli, name, flags.database ?? "default"));
  add("status", "Tell which migrations were applied, and which are pending.")
    .addHelpText("after", examples(["migrate status", "migrate status --database warehouse --json"]))
    .action((flags: DatabaseFlag) => status(cli, flags));
  carryOutOptions(add("run", "Apply what is pending, in the order of the numbers."), "the last one to apply")
    .option("--if-any", IF_ANY)
    .addHelpText("after", examples(["migrate run", "migrate run --to 3", "migrate run --dry-run"]))
    .action((flags: CarryOutFlags) => carryOut(cli, "run", flags));
  carryOutOptions(
    add("rollback", "Undo what was applied last: one migration, or all down to --to."),
    "the last one to keep; 0 keeps none",
  )
    .addHelpText("after", examples(["migrate rollback", "migrate rollback --to 3 --dry-run"]))
    .action((flags: CarryOutFlags) => carryOut(cli, "rollback", flags));
  add("check", "Fail where files and database do not fit: edited, missing, late or half-applied migrations.")
    .option("--current", "fail as well where migrations are pending")
    .option("--if-any", IF_ANY)
    .addHelpText("after", examples(["migrate check", "migrate check --current --json"]))
    .action((flags: DatabaseFlag & { current?: boolean }) => check(cli, flags));
};

function carryOutOptions(command: Command, to: string): Command {
  return command
    .option("--to <number>", to, version)
    .option("--dry-run", "print the statements and change nothing")
    .addOption(
      new Option(
        "--dirty <how>",
        "what to do with a migration that failed half-way: go on with the statement that failed, do all of it again, or count it as done",
      ).choices(["continue", "again", "done"]),
    )
    .option("--break-lock", "ClickHouse: take away the lock of a process that was killed");
}

function version(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be the number of a migration.");
}

async function create(cli: CliContext, given: string, database: string): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    requireKnown(workspace, database);
    const name = given
      .trim()
      .replaceAll(/[^\p{L}\p{N}-]+/gu, "_")
      .replaceAll(/^[_-]+|[_-]+$/g, "");
    if (name === "")
      throw new MillraceError("MLR_ARGUMENT_INVALID", `"${given}" cannot be the name of a migration`, {
        hint: "Use letters and digits, such as create_customers.",
      });
    const last = (await migrationFiles(workspace.project.root, database)).at(-1);
    const next = last === undefined ? 1 : migrationName(last).version + 1;
    const file = `${MIGRATIONS_FOLDER}/${database}/${String(next).padStart(6, "0")}_${name}.sql`;
    const made = await writeNewFiles(workspace.project.root, { [file]: TEMPLATE });
    cli.printer.result({ database, version: next, files: made }, () =>
      [
        `Made ${file}`,
        "",
        "Write the statements at its top, and below the line what undoes them. Then:",
        "  npx millrace migrate run --dry-run",
      ].join("\n"),
    );
  });
}

async function status(cli: CliContext, flags: DatabaseFlag): Promise<void> {
  await eachDatabase(cli, flags, async (workspace, database) =>
    withMigrator(workspace, database, async (migrator, { location }) => {
      const states = await migrator.states();
      const problems = migrationProblems(states);
      return {
        document: {
          database,
          location,
          migrations: states.map(({ version, name, state, migration, last }) => ({
            version,
            name,
            state,
            file: migration?.file ?? null,
            appliedAt: state === "applied" ? (last?.happenedAt ?? null) : null,
          })),
          problems: problems.map((problem) => problem.toJSON()),
        },
        people: [
          stateTable(database, location, states, cli.printer.style),
          ...problems.map(problemText),
        ].join("\n"),
      };
    }),
  );
}

async function carryOut(cli: CliContext, verb: "run" | "rollback", flags: CarryOutFlags): Promise<void> {
  const { database: _database, ifAny: _ifAny, ...options } = flags;
  const interrupts = listenForInterrupts(cli.printer, "Stopping after the migration that is under way.");
  try {
    await eachDatabase(cli, flags, async (workspace, database, count) => {
      if (count > 1 && (options.to !== undefined || options.dirty !== undefined || verb === "rollback"))
        throw new MillraceError("MLR_ARGUMENT_INVALID", "Several databases have migrations", {
          hint: "Say which with --database.",
        });
      return withMigrator(workspace, database, async (migrator) => {
        const onDone: MigrateOptions["onDone"] = (step) => {
          if (options.dryRun !== true) cli.printer.note(stepText(step));
        };
        const steps = await migrator[verb]({ ...options, signal: interrupts.signal, onDone });
        return {
          document: { database, dryRun: options.dryRun === true, migrations: steps.map(forPrograms) },
          people: options.dryRun === true ? planned(database, steps) : summary(database, verb, steps),
        };
      });
    });
  } finally {
    interrupts.dispose();
  }
  const code = interrupts.exitCode();
  if (code !== undefined) cli.exit(code);
}

async function check(cli: CliContext, flags: DatabaseFlag & { current?: boolean }): Promise<void> {
  await eachDatabase(cli, flags, async (workspace, database) =>
    withMigrator(workspace, database, async (migrator) => {
      const states = await migrator.states();
      const problems = migrationProblems(states);
      const pending = states
        .filter(({ state }) => state === "pending")
        .map(({ migration }) => migration?.file);
      const behind = flags.current === true && pending.length > 0;
      if (problems.length > 0 || behind) cli.exit(EXIT.failed);
      const waiting = `${formatMany(pending.length, "migration")} of database "${database}" pending`;
      return {
        document: {
          database,
          ok: problems.length === 0 && !behind,
          pending,
          problems: problems.map((each) => each.toJSON()),
        },
        people: [
          ...problems.map(problemText),
          ...(problems.length === 0
            ? [`${cli.printer.style.green("✓")} The files fit database "${database}".`]
            : []),
          ...(pending.length === 0 ? [] : [`${behind ? cli.printer.style.red("✗") : "·"} ${waiting}`]),
        ].join("\n"),
      };
    }),
  );
}

interface Said {
  readonly document: unknown;
  readonly people: string;
}

/** Does the same for each database; the result is a list of what each says. */
async function eachDatabase(
  cli: CliContext,
  flags: DatabaseFlag,
  work: (workspace: Workspace, database: string, count: number) => Promise<Said>,
): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    if (flags.ifAny === true && (await migratedDatabases(workspace.project.root)).length === 0) {
      cli.printer.result([], () => "The project has no migrations.");
      return;
    }
    const databases = await chosenDatabases(workspace, flags.database);
    const said: Said[] = [];
    for (const database of databases) said.push(await work(workspace, database, databases.length));
    cli.printer.result(
      said.map(({ document }) => document),
      () => said.map(({ people }) => people).join("\n\n"),
    );
  });
}

function forPrograms({
  version,
  file,
  direction,
  statements,
  durationMs,
}: MigrationStep): Record<string, unknown> {
  return {
    version,
    file,
    direction,
    durationMs,
    statements: statements.map(({ text, line }) => ({ line, text })),
  };
}

function planned(database: string, steps: readonly MigrationStep[]): string {
  if (steps.length === 0) return `Nothing to do in database "${database}".`;
  const lines = steps.flatMap(({ file, direction, statements }) => [
    `-- ${file}${direction === "down" ? " (undone)" : ""}`,
    ...statements.map(({ text }) => `${text};`),
    "",
  ]);
  return [...lines, "Nothing was changed."].join("\n");
}

function summary(database: string, verb: "run" | "rollback", steps: readonly MigrationStep[]): string {
  if (steps.length === 0) return `Nothing to do in database "${database}".`;
  const what = verb === "run" ? "applied to" : "undone in";
  return `${formatMany(steps.length, "migration")} ${what} database "${database}".`;
}

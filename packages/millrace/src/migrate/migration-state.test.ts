import { expect, it } from "vitest";
import { type Migration, parseMigration } from "./migration-file.ts";
import type { MigrationEvent } from "./migration-log.ts";
import { dirtyError, migrationProblems, migrationStates } from "./migration-state.ts";
import { POSTGRES_SYNTAX } from "./sql-syntax.ts";

const migration = (version: number, text = "SELECT 1;\nSELECT 2;\n-- migrate:down\nSELECT 3;"): Migration =>
  parseMigration(`migrations/default/00000${version}_step.sql`, text, POSTGRES_SYNTAX);

const event = (version: number, more: Partial<MigrationEvent> = {}): MigrationEvent => ({
  version,
  name: "step",
  direction: "up",
  state: "finished",
  statements: 2,
  checksum: migration(version).checksum,
  message: "",
  happenedAt: "2026-11-22T12:00:00.000Z",
  ...more,
});

const codes = (migrations: readonly Migration[], events: readonly MigrationEvent[]): string[] =>
  migrationProblems(migrationStates(migrations, events)).map(({ code }) => code);

it("the last that happened to a migration tells its state", () => {
  const events = [
    event(1),
    event(2),
    event(2, { direction: "down" }),
    event(3, { state: "started", statements: 0 }),
  ];
  const states = migrationStates([migration(1), migration(2), migration(3), migration(4)], events);
  expect(states.map(({ state }) => state)).toEqual(["applied", "pending", "dirty", "pending"]);
});

it("one that was undone and whose file is gone is forgotten, one that was applied is a problem", () => {
  expect(migrationStates([], [event(1), event(1, { direction: "down" })])).toEqual([]);
  expect(codes([], [event(1)])).toEqual(["MLR_MIGRATION_INVALID"]);
});

it("a process that ended in the middle leaves a migration dirty, and nobody knows of the statement under way", () => {
  const [state] = migrationStates([migration(1)], [event(1, { state: "progress", statements: 1 })]);
  if (state === undefined) throw new Error("there is no state");
  expect(dirtyError(state).message).toBe(
    "migrations/default/000001_step.sql was being applied: 1 of its 2 statements has landed; the process ended during the next one, line 2, which may have landed or not",
  );
});

it("one that was being undone says so, and names the command that goes on", () => {
  const failed = event(1, { direction: "down", state: "failed", statements: 0, message: "no such table" });
  const [state] = migrationStates([migration(1)], [event(1), failed]);
  if (state === undefined) throw new Error("there is no state");
  const { message, hint } = dirtyError(state);
  expect(message).toContain(
    "was being undone: 0 of its 1 statements have landed; the next one, line 4, failed: no such table",
  );
  expect(hint).toContain('"millrace migrate rollback --dirty continue"');
});

it("what is pending is no problem unless a later one was applied", () => {
  expect(codes([migration(1), migration(2)], [event(1)])).toEqual([]);
  expect(codes([migration(1), migration(2)], [event(2)])).toEqual(["MLR_MIGRATION_INVALID"]);
  expect(codes([migration(1, "SELECT 9;")], [event(1)])).toEqual(["MLR_MIGRATION_CHANGED"]);
});

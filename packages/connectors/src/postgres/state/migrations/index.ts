import { STATE_TABLES } from "./000001-state.ts";
import { SNAPSHOTS } from "./000002-snapshots.ts";

/** Migrations of schema `millrace` in their order: the version is the place in the list, counted from 1. Never change one that was released. */
export const MIGRATIONS: readonly string[] = [STATE_TABLES, SNAPSHOTS];

import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";

const name = z.string().min(1);
const json = z.record(z.string(), z.unknown());
/** A JSON object, or the path of a file that holds one, from the project's folder on. */
const document = z.union([name, json]);

/** How a selected stream is read. */
const selectedStream = z.strictObject({
  /** FULL_TABLE reads everything each time, INCREMENTAL what is newer by the replication key, LOG_BASED the database's log. Default: what the catalog says. */
  replicationMethod: z.enum(["FULL_TABLE", "INCREMENTAL", "LOG_BASED"]).optional(),
  /** The field that tells what is newer, for INCREMENTAL. Default: what the catalog says. */
  replicationKey: name.optional(),
  /** Fields to read. Default: those that the catalog selects. Fields that the tap always sends come all the same. */
  fields: z.array(name).optional(),
});

/** Options of `singer()`. */
export const singerOptions = z.strictObject({
  /** The tap's program, such as `tap-github`: found on the PATH, or a path from the project's folder on (`.venv/bin/tap-github`). Started without a shell. */
  command: name,
  /** Arguments before those that Singer prescribes (`--config`, `--catalog`, `--state`). Default: none. */
  args: z.array(z.string()).default([]),
  /** The tap's configuration. An object is written to a private file, which is removed when the tap has ended, with the value of each `secret("name")` in it; a text is the path of a file. Default: no configuration is passed. */
  config: document.optional(),
  /** What the tap may read and what is selected of it: an object or the path of a file. Default: the tap's own, or with `streams` what the tap discovers. */
  catalog: document.optional(),
  /** The same for older taps, which call it `--properties`. */
  properties: document.optional(),
  /** Where the very first run starts; later ones go on from the last committed state. An object or the path of a file. Default: from the beginning. */
  state: document.optional(),
  /** The streams to read: names, or an object that says how. They are selected in the catalog (which the tap discovers where none is given), and anything else that comes is left out. Default: what the tap sends. */
  streams: z.union([z.array(name).min(1), z.record(name, selectedStream)]).optional(),
  /** Streams that each run reads whole, although the tap does not say so with ACTIVATE_VERSION: rows that no longer come are removed where the table's mode removes. `true`: all of them. Default: none. */
  complete: z.union([z.boolean(), z.array(name)]).default(false),
  /** Environment variables for the tap, besides the few that every program needs (PATH, HOME, proxies, certificates). Default: none. */
  env: z.record(z.string(), secretText(z.string())).default({}),
  /** Names of variables that are handed on from this process to the tap. Default: none. */
  inheritEnv: z.array(name).default([]),
  /** The folder that the tap runs in, from the project's folder on. Default: the project's folder. */
  cwd: name.optional(),
  /** Longest message in bytes; a longer one fails the run. Default 64 MiB. */
  maxLineBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2),
  /** How long the tap may take to end when it is asked to; then it is killed with all that it started. Default 5,000 ms. */
  stopMs: z.number().int().nonnegative().default(5_000),
});

/** Options of `singer()`, as users write them. */
export type SingerOptions = z.input<typeof singerOptions>;
/** Options of `singer()`, with the defaults and the secrets filled in. */
export type ResolvedSingerOptions = Resolved<z.output<typeof singerOptions>>;

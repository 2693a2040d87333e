import { join } from "node:path";

/** Where the parts of one embedded server are, all inside its folder. */
export interface Layout {
  /** The folder that holds everything. */
  readonly directory: string;
  /** PostgreSQL's own data folder. */
  readonly data: string;
  /** Password of the role `millrace`, readable by its owner alone. */
  readonly password: string;
  /** What the server wrote while starting and running. */
  readonly log: string;
  /** Marks the folder as ours and remembers the port. */
  readonly record: string;
  /** Held by the process that is starting the server. */
  readonly lock: string;
  /** Written by the server while it runs: its pid, port and state. */
  readonly pidFile: string;
}

export function layoutOf(directory: string): Layout {
  const data = join(directory, "data");
  return {
    directory,
    data,
    password: join(directory, "password"),
    log: join(directory, "server.log"),
    record: join(directory, "server.json"),
    lock: join(directory, "start.lock"),
    pidFile: join(data, "postmaster.pid"),
  };
}

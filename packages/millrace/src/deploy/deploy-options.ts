/** What `millrace deploy` may be told. */
export interface DeployOptions {
  /** `user@host`, or a name of ~/.ssh/config. */
  readonly host: string;
  /** The project's folder there. Default: `millrace/<name>` in the home folder. */
  readonly path?: string;
  /** Default: the name in package.json. */
  readonly name?: string;
  /** Given to ssh with `-o`. */
  readonly sshOptions: readonly string[];
  /** Text of the settings there, which replaces what they were. Default: they stay. */
  readonly settings?: string;
  /** Empties releases and dependencies first. */
  readonly clean: boolean;
  /** Lines of crontab also where there is systemd. */
  readonly cron: boolean;
  /** Releases that stay. */
  readonly keep: number;
  /** Runs each pipeline once. */
  readonly run: boolean;
  /** Runs at the same time there. */
  readonly slots: number;
  /** An address that has to answer, seen from there. */
  readonly healthUrl?: string;
  /** Seconds in which the release has to be seen to work. */
  readonly healthSeconds: number;
  /** Nobody sits here who could be asked. */
  readonly unattended: boolean;
}

/** What is told while it goes on. */
export interface DeployTeller {
  /** Something was done. */
  done(text: string): void;
  warn(text: string): void;
  /** What a program there writes, for whoever wants all of it. */
  readonly onLine?: (line: string) => void;
}

/** How what is deployed is kept going. */
export type DeployMode = "systemd" | "cron" | "none";

/** What a deploy came to. */
export interface Deployed {
  readonly host: string;
  readonly path: string;
  readonly app: string;
  /** The release that runs now. */
  readonly release: string;
  /** The one that ran before; null: none. */
  readonly previous: string | null;
  readonly mode: DeployMode;
  /** Pipelines that were run, and how they ended. */
  readonly runs: Readonly<Record<string, string>>;
  /** Releases that were removed. */
  readonly removed: readonly string[];
}

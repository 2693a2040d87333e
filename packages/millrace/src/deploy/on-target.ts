import { MillraceError } from "@millrace/core";
import type { DeployOptions, DeployTeller } from "./deploy-options.ts";
import { lookAtMachine, type Machine } from "./machine.ts";
import { Remote } from "./remote.ts";
import { shellQuote } from "./shell-quote.ts";
import { ACTIVATE, AWAIT_HEALTH, DEACTIVATE, MILLRACE, PREPARE, UNLOCK, WORKERS } from "./target-scripts.ts";

/** Somebody else has the lock. */
const LOCKED = 75;

/** The project's folder on the machine, and what is done with it. */
export class OnTarget {
  readonly remote: Remote;
  readonly machine: Machine;
  readonly app: string;
  readonly #teller: DeployTeller;

  private constructor(remote: Remote, machine: Machine, app: string, teller: DeployTeller) {
    this.remote = remote;
    this.machine = machine;
    this.app = app;
    this.#teller = teller;
  }

  /** Connects and looks at the machine. Fails with MLR_ARGUMENT_INVALID or MLR_DEPLOY_HOST. */
  static async open(options: DeployOptions, app: string, teller: DeployTeller): Promise<OnTarget> {
    const remote = new Remote({
      ...options,
      ...(teller.onLine === undefined ? {} : { onLine: teller.onLine }),
    });
    const machine = await lookAtMachine(remote, options.path ?? `millrace/${app}`);
    return new OnTarget(remote, machine, app, teller);
  }

  /** Runs a script there with BASE and APP. */
  run(doing: string, script: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.remote.run({ doing, script, variables: this.#with(variables) });
  }

  /** Runs Millrace of a release there, current or not. */
  millrace(doing: string, release: string, args: readonly string[]): Promise<string> {
    return this.run(doing, `${MILLRACE}${args.map(shellQuote).join(" ")}`, { RELEASE: release });
  }

  /** As `millrace`, but its exit code is the caller's to judge. */
  tryMillrace(doing: string, release: string, args: readonly string[]): ReturnType<Remote["try"]> {
    const script = `${MILLRACE}${args.map(shellQuote).join(" ")}`;
    return this.remote.try({ doing, script, variables: this.#with({ RELEASE: release }) });
  }

  /** Takes the lock, calls `use`, and gives it back. Fails with MLR_DEPLOY_LOCKED. */
  async locked<T>(who: string, use: () => Promise<T>): Promise<T> {
    const variables = this.#with({ WHO: who });
    const taken = await this.remote.try({ doing: "take the lock", script: PREPARE, variables });
    if (taken.code === LOCKED) throw this.#taken(taken.stdout.trim());
    if (taken.code !== 0) throw this.remote.failed("make the project's folder", taken);
    try {
      return await use();
    } finally {
      await this.run("give back the lock", UNLOCK).catch((error: unknown) =>
        this.#teller.warn(`The lock stays on ${this.remote.host}: ${String(error)}`),
      );
    }
  }

  /** Workers that have a heartbeat now. */
  async workers(): Promise<string> {
    return (await this.run("list its workers", WORKERS)).trim();
  }

  /** Makes a release the current one, and waits until it is seen to work. Fails with MLR_DEPLOY_UNHEALTHY or MLR_DEPLOY_FAILED. */
  async activate(release: string, { healthUrl = "", healthSeconds }: DeployOptions): Promise<void> {
    const before = await this.workers();
    const said = await this.run("start the release", ACTIVATE, { RELEASE: release });
    for (const [, warning] of said.matchAll(/^warning=(.+)$/gm)) this.#teller.warn(String(warning));
    const waiting = {
      doing: "see whether the release works",
      script: AWAIT_HEALTH,
      variables: this.#with({
        RELEASE: release,
        BEFORE: before,
        URL: healthUrl,
        SECONDS_TO_WAIT: String(healthSeconds),
      }),
    };
    const { code, stderr } = await this.remote.try(waiting);
    if (code === 0) return;
    throw new MillraceError(
      "MLR_DEPLOY_UNHEALTHY",
      `${release} on ${this.remote.host} does not work after ${healthSeconds} s: ${stderr.trim()}`,
      {
        hint: "Look at its log there: journalctl, or logs/cron.log in the project's folder.",
        details: { host: this.remote.host, release },
      },
    );
  }

  /** Nothing of the project runs by itself there any more. */
  async deactivate(): Promise<void> {
    await this.run("stop it", DEACTIVATE);
  }

  #with(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return { BASE: this.machine.base, APP: this.app, ...variables };
  }

  #taken(by: string): MillraceError {
    const folder = `${this.machine.base}/deploy.lock`;
    return new MillraceError(
      "MLR_DEPLOY_LOCKED",
      `${this.remote.host} is being deployed to already, by ${by}`,
      {
        hint: `Wait until that is over. If it was broken off: ssh ${this.remote.host} rm -r ${shellQuote(folder)}`,
        details: { host: this.remote.host, by },
      },
    );
  }
}

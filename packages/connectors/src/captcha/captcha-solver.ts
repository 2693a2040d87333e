import { MillraceError, parseOptions, systemClock, type Clock } from "@millrace/core";
import { z } from "zod";
import { duration } from "../shared/http/option-types.ts";
import { formatMs, toMs } from "../shared/http/duration.ts";
import type { CaptchaProvider, CaptchaResult } from "./captcha-provider.ts";
import type { CaptchaTask } from "./captcha-task.ts";

/** Options of a solver. */
export const captchaSolverOptions = z.strictObject({
  /** The service: `antiCaptcha({ key })`. */
  provider: z.custom<CaptchaProvider>(
    (value) => typeof value === "object" && value !== null && "create" in value && "result" in value,
    { message: "must be a service, such as antiCaptcha({ key })" },
  ),
  /** US dollars that it may spend in all; then it fails, which ends the run. */
  budget: z.number().positive(),
  /** Tasks that are handed in for one captcha at most. Default 3. */
  attempts: z.number().int().positive().default(3),
  /** Longest time for one captcha, all attempts counted. Default 5 minutes. */
  maxTime: duration.default("5 minutes"),
  /** Wait before a result is asked for the first time, and then between questions. Default 3 seconds. */
  poll: duration.default("3 seconds"),
});

/** Options of a solver, as users write them. */
export type CaptchaSolverOptions = z.input<typeof captchaSolverOptions>;

/** A captcha that was solved. */
export interface SolvedCaptcha extends CaptchaResult {
  readonly id: string;
  readonly attempts: number;
  /** Tells the service that the site refused the answer, so that it is not paid for. Once; false where it takes no such reports. */
  reportWrong(): Promise<boolean>;
}

/** What a solver has done so far. */
export interface CaptchaCounts {
  solved: number;
  failed: number;
  /** Answers that sites refused. */
  wrong: number;
  /** Tasks that were handed in. */
  tasks: number;
  /** US dollars, as the service tells. */
  cost: number;
}

/** Has captchas solved by a service, within a budget. */
export class CaptchaSolver {
  /** What it has done so far. */
  readonly counts: CaptchaCounts = { solved: 0, failed: 0, wrong: 0, tasks: 0, cost: 0 };
  readonly #options: z.output<typeof captchaSolverOptions>;
  readonly #clock: Clock;
  /** Highest price so far: those that are under way count as that until they are done. */
  #dearest = 0;
  #underWay = 0;

  constructor(options: z.output<typeof captchaSolverOptions>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Has a captcha solved. Fails with MLR_SOURCE_LIMIT where the budget is used up (never again) or it takes too long (later),
   * MLR_SOURCE_DENIED where the service refuses the key or has no money, MLR_SOURCE_FAILED where it cannot be solved, and with
   * the signal's reason.
   */
  async solve(task: CaptchaTask, signal?: AbortSignal): Promise<SolvedCaptcha> {
    const until = this.#clock.monotonic() + toMs(this.#options.maxTime);
    for (let attempts = 1; ; attempts++) {
      this.#checkBudget();
      try {
        const { id, result } = await this.#once(task, { until, signal });
        this.counts.solved++;
        return { ...result, id, attempts, reportWrong: this.#reporter(id, task) };
      } catch (error) {
        signal?.throwIfAborted();
        const again =
          error instanceof MillraceError && error.retry === "later" && error.code !== "MLR_SOURCE_LIMIT";
        if (again && attempts < this.#options.attempts) continue;
        this.counts.failed++;
        throw error;
      }
    }
  }

  async #once(
    task: CaptchaTask,
    { until, signal }: { readonly until: number; readonly signal: AbortSignal | undefined },
  ): Promise<{ readonly id: string; readonly result: CaptchaResult }> {
    const { provider, poll } = this.#options;
    this.#underWay++;
    try {
      const id = await provider.create(task, signal);
      this.counts.tasks++;
      for (;;) {
        await this.#clock.sleep(toMs(poll), signal);
        signal?.throwIfAborted();
        const result = await provider.result(id, task, signal);
        if (result !== undefined) {
          this.counts.cost += result.cost;
          this.#dearest = Math.max(this.#dearest, result.cost);
          return { id, result };
        }
        if (this.#clock.monotonic() >= until) throw this.#tooSlow(task);
      }
    } finally {
      this.#underWay--;
    }
  }

  #checkBudget(): void {
    const { budget, provider } = this.#options;
    const { cost, solved } = this.counts;
    if (cost + (this.#underWay + 1) * this.#dearest <= budget) return;
    throw new MillraceError(
      "MLR_SOURCE_LIMIT",
      `The budget for captchas is used up: ${money(cost)} of ${money(budget)} at ${provider.name}, for ${solved} captchas`,
      {
        hint: "Ask for fewer pages that show captchas, or raise `budget`.",
        details: { cost, budget, solved },
        retry: "never",
      },
    );
  }

  #tooSlow({ kind }: CaptchaTask): MillraceError {
    const maxMs = toMs(this.#options.maxTime);
    return new MillraceError(
      "MLR_SOURCE_LIMIT",
      `${this.#options.provider.name} did not solve a captcha (${kind}) in ${formatMs(maxMs)}`,
      {
        hint: "The service may be busy: try later, or raise `maxTime`.",
        details: { kind, maxMs },
        retry: "later",
      },
    );
  }

  #reporter(id: string, { kind }: CaptchaTask): () => Promise<boolean> {
    let reported = false;
    return async () => {
      if (reported) return false;
      reported = true;
      this.counts.wrong++;
      return this.#options.provider.reportWrong(id, kind);
    };
  }
}

/**
 * Makes a solver that has captchas solved by a service, for your own key and money. Use it only where the site's owner permits
 * that. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example captchaSolver({ provider: antiCaptcha({ key }), budget: 2 })
 */
export function captchaSolver(options: CaptchaSolverOptions, clock: Clock = systemClock): CaptchaSolver {
  return new CaptchaSolver(parseOptions(captchaSolverOptions, options, "captchaSolver()"), clock);
}

function money(dollars: number): string {
  return `$${dollars.toFixed(4).replace(/0{1,2}$/, "")}`;
}

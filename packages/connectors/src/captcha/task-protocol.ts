import { MillraceError, parseOptions, redactor, systemClock, type Clock, type Json } from "@millrace/core";
import { z } from "zod";
import { createClient, type RequestClient } from "../shared/request/client.ts";
import type { CaptchaProvider, CaptchaResult } from "./captcha-provider.ts";
import type { CaptchaKind, CaptchaTask } from "./captcha-task.ts";
import { serviceFailure } from "./service-failure.ts";
import { solutionFields } from "./solution-fields.ts";
import { taskForm } from "./task-form.ts";

/** Options of a service that speaks the createTask protocol. */
export const captchaServiceOptions = z.strictObject({
  /** Your key at the service. Never logged. */
  key: z.string().min(1),
  /** Address of the service's API. Default: that of Anti-Captcha. */
  endpoint: z.url({ protocol: /^https?$/ }).default("https://api.anti-captcha.com"),
  /** Name for messages. Default: the host of `endpoint`. */
  name: z.string().min(1).optional(),
  /** Group of workers: `en`, `rn`. Default: the service's. */
  languagePool: z.string().optional(),
  /** Longest silence of the service in ms. Default 30,000. */
  timeoutMs: z.number().int().positive().default(30_000),
});

/** Options of a service that speaks the createTask protocol, as users write them. */
export type CaptchaServiceOptions = z.input<typeof captchaServiceOptions>;

/** Which report a kind takes. */
const REPORTS: Readonly<Partial<Record<CaptchaKind, string>>> = {
  image: "reportIncorrectImageCaptcha",
  "recaptcha-v2": "reportIncorrectRecaptcha",
  "recaptcha-v3": "reportIncorrectRecaptcha",
  hcaptcha: "reportIncorrectHcaptcha",
};

const created = z.object({ taskId: z.union([z.number(), z.string().min(1)]) });
const balance = z.object({ balance: z.coerce.number() });
const result = z.object({
  status: z.enum(["processing", "ready"]),
  solution: z.record(z.string(), z.unknown()).optional(),
  cost: z.coerce.number().nonnegative().default(0),
});

/** A service that speaks the protocol of createTask, getTaskResult, getBalance and reportIncorrect…, over HTTPS with JSON. */
class TaskProtocol implements CaptchaProvider {
  readonly name: string;
  readonly #options: z.output<typeof captchaServiceOptions>;
  readonly #client: RequestClient;

  constructor(options: z.output<typeof captchaServiceOptions>, clock: Clock) {
    this.#options = options;
    this.name = options.name ?? new URL(options.endpoint).host;
    redactor.add(options.key);
    this.#client = createClient(
      { timeoutMs: options.timeoutMs, maxBytes: 1_000_000, maxRedirects: 0 },
      { clock },
    );
  }

  async create(task: CaptchaTask, signal?: AbortSignal): Promise<string> {
    const { languagePool } = this.#options;
    const body = { task: taskForm(task), ...(languagePool === undefined ? {} : { languagePool }) };
    // Sent once: a second one would be paid for as well.
    const { taskId } = await this.#call("createTask", body, { schema: created, again: false, signal });
    return String(taskId);
  }

  async result(id: string, task: CaptchaTask, signal?: AbortSignal): Promise<CaptchaResult | undefined> {
    const body = { taskId: idOf(id) };
    const said = await this.#call("getTaskResult", body, { schema: result, again: true, signal });
    if (said.status === "processing") return undefined;
    const fields = solutionFields(task, said.solution ?? {});
    const [answer] = Object.values(fields);
    if (answer === undefined) throw this.#odd("getTaskResult", "it is ready, but has no answer");
    const { userAgent } = said.solution ?? {};
    return {
      answer,
      fields,
      userAgent: typeof userAgent === "string" ? userAgent : undefined,
      cost: said.cost,
    };
  }

  async balance(signal?: AbortSignal): Promise<number> {
    return (await this.#call("getBalance", {}, { schema: balance, again: true, signal })).balance;
  }

  async reportWrong(id: string, kind: CaptchaKind, signal?: AbortSignal): Promise<boolean> {
    const method = REPORTS[kind];
    if (method === undefined) return false;
    await this.#call(method, { taskId: idOf(id) }, { schema: z.object({}), again: true, signal });
    return true;
  }

  async #call<S extends z.ZodType>(
    method: string,
    body: Readonly<Record<string, unknown>>,
    {
      schema,
      again,
      signal,
    }: { readonly schema: S; readonly again: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<z.output<S>> {
    const { key, endpoint } = this.#options;
    const answer = await this.#client.request(`${endpoint.replace(/\/$/, "")}/${method}`, {
      // What is sent was made of texts, numbers and booleans alone.
      json: { clientKey: key, ...body } as Json,
      as: "json",
      retry: again ? { methods: ["POST"] } : false,
      ...(signal === undefined ? {} : { signal }),
    });
    const failure = serviceFailure(answer.body, `${this.name} ${method}`);
    if (failure !== undefined) throw failure;
    const said = schema.safeParse(answer.body);
    if (said.success) return said.data;
    throw this.#odd(method, said.error.issues[0]?.message ?? "it has another form");
  }

  #odd(method: string, what: string): MillraceError {
    return new MillraceError(
      "MLR_SOURCE_FORMAT",
      `The answer of ${this.name} to ${method} is not understood: ${what}`,
      {
        hint: "Does the service speak the createTask protocol, and at that address?",
      },
    );
  }
}

/** Services count their tasks with numbers; some have texts. */
function idOf(id: string): number | string {
  return /^\d{1,15}$/.test(id) ? Number(id) : id;
}

/**
 * Anti-Captcha, or another service that speaks the same protocol (`endpoint`). It takes your own key there, and costs money for
 * each captcha. Use it only where the site's owner permits that. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example antiCaptcha({ key: await context.secret("anti-captcha-key") })
 */
export function antiCaptcha(options: CaptchaServiceOptions, clock: Clock = systemClock): CaptchaProvider {
  return new TaskProtocol(parseOptions(captchaServiceOptions, options, "antiCaptcha()"), clock);
}

import type { ServerResponse } from "node:http";
import { sendJson } from "../door/answer.ts";
import type { Streams } from "./streams.ts";

/** Tells whoever balances load or restarts processes how the service does, without a token and without names. */
export class IngestHealth {
  readonly #streams: Streams;
  readonly #ending: () => boolean;

  constructor(streams: Streams, ending: () => boolean) {
    this.#streams = streams;
    this.#ending = ending;
  }

  /** `/health/live`: the process answers. `/health/ready`: it takes rows. Never throws. */
  async answer(path: string, response: ServerResponse): Promise<void> {
    if (path === "/health/live") return sendJson(response, 200, { status: "ok" });
    if (path !== "/health/ready") return sendJson(response, 404, { status: "unknown" });
    const checks = {
      serving: !this.#ending(),
      control: await this.#controlAnswers(),
      destinations: this.#landing,
    };
    const ready = checks.serving && checks.control;
    sendJson(response, ready ? 200 : 503, { status: ready ? "ok" : "unavailable", checks });
  }

  /** One destination that is away is no reason to send nothing to the others. */
  get #landing(): "ok" | "trouble" {
    return this.#streams.open.some(({ landing }) => landing.state.trouble !== undefined) ? "trouble" : "ok";
  }

  async #controlAnswers(): Promise<boolean> {
    try {
      await this.#streams.check();
      return true;
    } catch {
      return false;
    }
  }
}

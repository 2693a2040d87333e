import { parseOptions, redactor, resolveSecret, secretText } from "@millrace/core";
import { z } from "zod";
import type { Channel } from "../../channel.ts";
import { webAddress } from "../address.ts";
import { postponed, quoted } from "../failures.ts";
import { failureOf, post } from "../post.ts";
import { teamsPayload } from "./teams-payload.ts";

const teamsOptions = z.strictObject({
  /** Address of the workflow "Post to a channel when a webhook request is received". Secret: who has it can post. */
  url: secretText(webAddress),
  /** Milliseconds that one try may take. Default 30,000: a workflow may have to wake up. */
  timeoutMs: z.number().int().min(1).max(300_000).default(30_000),
});

/** Options of `teams()`. */
export type TeamsOptions = z.input<typeof teamsOptions>;

/**
 * Sends messages as adaptive cards to Microsoft Teams, through a workflow that a webhook starts. Fails with
 * MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; does not connect.
 */
export function teams(options: TeamsOptions): Channel {
  const { url, timeoutMs } = parseOptions(teamsOptions, options, "teams()");
  return {
    kind: "teams",
    async send(message, context) {
      const address = await resolveSecret(url, context.secrets);
      redactor.add(address);
      redactor.add(new URL(address).searchParams.get("sig") ?? "");
      const answer = await post({
        service: "Teams",
        url: address,
        body: teamsPayload(message),
        timeoutMs,
        context,
      });
      if (answer.status < 200 || answer.status > 299) throw failureOf("Teams", answer, HINTS[answer.status]);
      // Older connectors say 200 when Teams itself was too busy, and what happened in the text.
      const inner = /endpoint returned HTTP error (\d{3})/.exec(answer.text)?.[1];
      if (inner !== undefined) throw postponed(`Teams has answered ${inner} ${quoted(answer.text)}`, answer);
    },
  };
}

const HINTS: Readonly<Record<number, string>> = {
  400: "The workflow does not take adaptive cards: make it from the template for webhook requests.",
  401: "The workflow wants a signed-in user: let anyone trigger it, and copy its address again.",
  403: "The workflow's address is not allowed any more: copy it again.",
  404: "The workflow was deleted: make a new one and change the url.",
  410: "The address belongs to a connector that was shut down: make a workflow and change the url.",
  413: "The card is too large for Teams.",
};

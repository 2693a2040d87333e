import { parseOptions, redactor, resolveSecret, secretText } from "@millrace/core";
import { z } from "zod";
import type { Channel } from "../../channel.ts";
import { webAddress } from "../address.ts";
import { failureOf, post } from "../post.ts";
import { slackPayload } from "./slack-payload.ts";

const slackOptions = z.strictObject({
  /** The incoming webhook's address, `https://hooks.slack.com/services/…`. Secret: who has it can post. */
  url: secretText(webAddress),
  /** Milliseconds that one try may take. Default 15,000. */
  timeoutMs: z.number().int().min(1).max(300_000).default(15_000),
});

/** Options of `slack()`. */
export type SlackOptions = z.input<typeof slackOptions>;

/**
 * Sends messages to a Slack channel through an incoming webhook of an app. Fails with MLR_OPTION_UNKNOWN or
 * MLR_ARGUMENT_INVALID; does not connect.
 */
export function slack(options: SlackOptions): Channel {
  const { url, timeoutMs } = parseOptions(slackOptions, options, "slack()");
  return {
    kind: "slack",
    async send(message, context) {
      const address = await resolveSecret(url, context.secrets);
      redactor.add(address);
      const { pathname } = new URL(address);
      redactor.add(pathname);
      redactor.add(pathname.slice(pathname.lastIndexOf("/") + 1));
      const body = JSON.stringify(slackPayload(message));
      const answer = await post({ service: "Slack", url: address, body, timeoutMs, context });
      if (answer.status === 200) return;
      throw failureOf("Slack", answer, HINTS[answer.text.trim()]);
    },
  };
}

/** What Slack answers, and what to do. */
const HINTS: Readonly<Record<string, string>> = {
  no_service: "The webhook was removed: make a new one in the app's settings and change the url.",
  no_service_id: "The webhook's address is incomplete: copy it again from the app's settings.",
  no_team: "The webhook's workspace does not exist any more.",
  invalid_token: "The webhook's address is wrong or was revoked: copy it again from the app's settings.",
  no_active_hooks: "The webhook was disabled: make a new one in the app's settings and change the url.",
  channel_not_found: "The Slack channel was deleted: make a webhook for another one.",
  channel_is_archived: "The Slack channel is archived: open it again, or make a webhook for another one.",
  action_prohibited: "The workspace does not let this app post: ask its administrator.",
  posting_to_general_channel_denied: "The workspace does not let apps post in #general: use another channel.",
};

import { type Json, MillraceError, type SourceCommand } from "@millrace/core";
import type { Collector } from "./collector-type.ts";
import type { Subscription } from "./subscription.ts";

const COMMANDS = ["start", "stop", "restart", "disconnect", "subscribe", "unsubscribe", "status", "health"];

/** Carries out a command for a collector. Fails with MLR_ARGUMENT_INVALID for one that there is not. */
export async function controlCollector(target: Collector, { name, args }: SourceCommand): Promise<Json> {
  switch (name) {
    case "start":
      await target.start();
      break;
    case "stop":
      await target.stop("it was stopped by a command");
      break;
    case "restart":
      await target.restart("it was restarted by a command");
      break;
    case "disconnect":
      await target.disconnect(textOf(args["connection"], "connection"));
      break;
    case "subscribe":
      target.subscribe((textsOf(args["channels"], "channels") ?? []).map(subscriptionOf));
      break;
    case "unsubscribe":
      target.unsubscribe(textsOf(args["channels"], "channels"));
      break;
    case "status":
      return target.status() as unknown as Json;
    case "health":
      break;
    default:
      throw new MillraceError("MLR_ARGUMENT_INVALID", `A collector has no command "${name}"`, {
        hint: `It has: ${COMMANDS.join(", ")}.`,
      });
  }
  return target.healthStatus();
}

/** The subscription that `channel:symbol` names. */
function subscriptionOf(key: string): Subscription {
  const colon = key.indexOf(":");
  return colon < 0 ? { channel: key } : { channel: key.slice(0, colon), symbol: key.slice(colon + 1) };
}

function textOf(value: Json | undefined, name: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" must be a text`);
}

function textsOf(value: Json | undefined, name: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" must be a list of texts`);
}

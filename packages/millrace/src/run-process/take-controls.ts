import { asMillraceError, MillraceError, type Pipeline, type SourceCommand } from "@millrace/core";
import type { ControlOutcome } from "@millrace/orchestrator";
import type { ParentChannel } from "./parent-channel.ts";

/** Hands what the worker asks of the run's source to it, and its answers back. */
export function takeControls(pipeline: Pipeline, channel: ParentChannel): void {
  channel.listen((message) => {
    if (message.type !== "control") return;
    const { id, command } = message;
    void obey(pipeline, command).then((outcome) => channel.send({ type: "controlled", id, outcome }));
  });
}

async function obey({ name, source }: Pipeline, command: SourceCommand): Promise<ControlOutcome> {
  try {
    if (typeof source === "function" || source.control === undefined) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `The source of "${name}" takes no commands`);
    }
    return { done: true, answer: await source.control(command) };
  } catch (error) {
    const { code, message } = asMillraceError(error, "MLR_SOURCE_FAILED", command.name);
    return { done: false, code, message };
  }
}

import { MillraceError } from "@millrace/core";
import type { Stage } from "./define-stage.ts";
import { STAGES } from "./stage-names.ts";

/** Which function does which stage of which type, and what comes when. */
export class StageOrder {
  /** Names of all stages in their order. */
  readonly names: readonly string[];
  readonly #stages: readonly Stage[];

  /** @param own stages of the user, over those that there are. Fails with MLR_ARGUMENT_INVALID. */
  constructor(own: readonly Stage[], standard: readonly Stage[]) {
    this.#stages = [...own, ...standard];
    const names: string[] = [...STAGES];
    for (const { name, after, topic } of own) {
      if (after === undefined || names.includes(name)) continue;
      const place = names.indexOf(after);
      if (place < 0 || place >= names.indexOf("landed")) {
        throw new MillraceError(
          "MLR_ARGUMENT_INVALID",
          `${topic}: there is no stage "${after}" that it could come behind`,
          {
            hint: `Stages before landing: ${names.slice(0, names.indexOf("landed")).join(", ")}.`,
          },
        );
      }
      names.splice(place + 1, 0, name);
    }
    const twice = own.find(({ topic }, index) =>
      own.some((other, at) => at < index && other.topic === topic),
    );
    if (twice !== undefined) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `${twice.topic} is defined twice`, {
        hint: "A topic has one function: do both in it, or give the second one a name of its own.",
      });
    }
    this.names = names;
  }

  /** What does a stage for a type: the function for the type itself before the one for all. Undefined: nothing is to be done. */
  of(name: string, type: string | null): Stage | undefined {
    const named = this.#stages.filter((stage) => stage.name === name);
    return named.find((stage) => stage.type === type) ?? named.find((stage) => stage.type === "*");
  }

  /** The stage behind another. Stages that are not there any more lead to where the document can go on. */
  next(name: string): string {
    return this.names[this.names.indexOf(name) + 1] ?? "archived";
  }

  /** A stage that there is: of one that was taken away since, the first one after which it could have come. */
  known(name: string): string {
    return this.names.includes(name) ? name : "classified";
  }

  /** The stages from one on. */
  from(name: string): readonly string[] {
    return this.names.slice(Math.max(0, this.names.indexOf(name)));
  }

  before(name: string): readonly string[] {
    return this.names.slice(0, Math.max(0, this.names.indexOf(name)));
  }
}

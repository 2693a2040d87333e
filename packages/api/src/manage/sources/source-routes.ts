import type { Json } from "@millrace/core";
import { z } from "zod";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { CommandReceiptAnswer, EmptyBody } from "../commands/schemas.ts";
import { knownPipeline } from "../pipelines/known-pipeline.ts";
import { Name } from "../shared/names.ts";
import { getSource, listSources } from "./queries.ts";
import { SourceDetail, SourceReceiptAnswer, SourcesAnswer } from "./schemas.ts";

/** A command that a kind of source takes while it runs. */
export interface SourceAction {
  readonly name: string;
  readonly summary: string;
  /** Its arguments; they are handed to the source by name. Absent: none. */
  readonly body?: z.ZodType<Record<string, Json | undefined> | null | undefined>;
}

/** A kind of sources that say how they do and take commands. */
export interface SourceKind {
  /** The path below `/api/v1`, such as `collectors`. */
  readonly path: string;
  /** As the source names it in `ReadContext.status`. */
  readonly kind: string;
  /** For the names of operations, such as `Collector`. */
  readonly title: string;
  readonly actions: readonly SourceAction[];
}

const STEERS = ["start", "stop", "enable", "disable"] as const;
const PipelineParams = z.object({ pipeline: Name });

/** What sources of a kind say, and what is asked of them. */
export function sourceRoutes({ path, kind, title, actions }: SourceKind): ApiRoutes {
  const tags = [path];
  return (server, { pool, operations }) => {
    server.get(
      `/${path}`,
      {
        config: { role: "viewer" },
        schema: {
          operationId: `list${title}s`,
          summary: `How each ${kind} does`,
          tags,
          response: { 200: SourcesAnswer },
        },
      },
      async () => ({ items: await listSources(pool, kind) }),
    );
    server.get(
      `/${path}/:pipeline`,
      {
        config: { role: "viewer" },
        schema: {
          operationId: `get${title}`,
          summary: `How a ${kind} does, with its channels, connections and errors`,
          tags,
          params: PipelineParams,
          response: { 200: SourceDetail },
        },
      },
      ({ params }) => getSource(pool, kind, params.pipeline),
    );
    for (const steer of STEERS) {
      server.post(
        `/${path}/:pipeline/${steer}`,
        {
          config: { role: "operator", audit: `${kind}.${steer}`, idempotent: true },
          schema: {
            operationId: `${steer}${title}`,
            summary: SUMMARIES[steer],
            tags,
            params: PipelineParams,
            body: EmptyBody,
            response: { 200: CommandReceiptAnswer },
          },
        },
        async (request) => {
          const { pipeline } = request.params;
          await knownPipeline(pool, pipeline);
          const by = identityOf(request).name;
          const receipt = await operations.command({ kind: steer, target: pipeline, by });
          return { ...receipt, runs: [...receipt.runs] };
        },
      );
    }
    for (const { name, summary, body } of actions) {
      server.post(
        `/${path}/:pipeline/${name}`,
        {
          config: { role: "operator", audit: `${kind}.${name}`, idempotent: true },
          schema: {
            operationId: `${name}${title}`,
            summary,
            tags,
            params: PipelineParams,
            body: body ?? EmptyBody,
            response: { 200: SourceReceiptAnswer },
          },
        },
        async (request) => {
          const { pipeline } = request.params;
          const by = identityOf(request).name;
          const args = given(request.body ?? {});
          const receipt = await operations.control({ pipeline, name, args, by });
          return { ...receipt, answer: receipt.answer as z.output<typeof SourceReceiptAnswer>["answer"] };
        },
      );
    }
  };
}

function given(body: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}

const SUMMARIES = {
  start: "Queue its run, which starts it",
  stop: "Stop its run after the next commit",
  enable: "Let its schedule start it",
  disable: "Keep its schedule from starting it",
} as const;

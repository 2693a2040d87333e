import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import { MillraceError } from "@millrace/core";
import type { DataCaller } from "../keys/data-caller.ts";
import { clientSignal } from "../server/client-signal.ts";
import type { DataServer } from "../server/data-server.ts";
import type { DataService } from "../server/data-service.ts";
import { callerOf } from "../server/request-caller.ts";
import { toldErrors } from "./graphql-error.ts";
import { GraphqlFailure } from "./graphql-failure.ts";
import { RequestReader, type SavedQueries } from "./graphql-request.ts";
import { type GraphqlOptions, GraphqlService, type ReadyOperation } from "./graphql-service.ts";
import { addGraphqlPage } from "./page/graphql-page.ts";
import { Subscriptions } from "./subscriptions.ts";

/** How the routes of GraphQL answer. */
export interface GraphqlRouteOptions extends GraphqlOptions {
  /** Finds queries by their hash. Default: none are saved. */
  readonly saved?: SavedQueries | undefined;
  /** Only saved queries are answered. Default false. */
  readonly savedOnly?: boolean | undefined;
}

const NOTHING_SAVED: SavedQueries = { find: async () => undefined };
const TYPE = "application/json; charset=utf-8";

/** Adds `/data/graphql`: by POST and GET, subscriptions as server-sent events, and a page for people. */
export function graphqlRoutes(
  options: GraphqlRouteOptions = {},
): (server: DataServer, service: DataService) => void {
  return (server, service) => {
    const graphql = new GraphqlService(service, options);
    const reader = new RequestReader({
      saved: options.saved ?? NOTHING_SAVED,
      savedOnly: options.savedOnly ?? false,
    });
    const subscriptions = new Subscriptions(service, graphql);
    server.addHook("preClose", async () => subscriptions.close());
    const sendPage = addGraphqlPage(server);
    const routes = new Routes({ service, graphql, reader, subscriptions });
    server.post("/data/graphql", SHAPE, (request, reply) => routes.answer(request, reply, request.body));
    server.get("/data/graphql", SHAPE, (request, reply) => {
      const asked = request.query as Readonly<Record<string, string>>;
      const forPeople = request.headers.accept?.includes("text/html") === true;
      if (forPeople && asked["query"] === undefined && asked["extensions"] === undefined)
        return sendPage(reply);
      return routes.answer(request, reply, sentByAddress(asked));
    });
  };
}

/** Errors have the form of GraphQL, whoever made them. */
const SHAPE: RouteShorthandOptions = {
  preSerialization: async (_request, _reply, payload: unknown) => {
    const { code, message, details, hint } = (payload ?? {}) as Record<string, unknown>;
    if (typeof code !== "string" || typeof message !== "string") return payload;
    return { errors: [{ message, extensions: { code, hint, details } }] };
  },
};

interface Parts {
  readonly service: DataService;
  readonly graphql: GraphqlService;
  readonly reader: RequestReader;
  readonly subscriptions: Subscriptions;
}

class Routes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(request: FastifyRequest, reply: FastifyReply, sent: unknown): Promise<unknown> {
    const { service, graphql, reader, subscriptions } = this.#parts;
    const caller = await callerOf(request, service);
    try {
      const asked = await reader.read(sent);
      const signal = clientSignal(reply);
      const asker = { view: await service.catalog.view(), role: caller.role, signal };
      const operation = graphql.prepare(asked, asker);
      if (operation.kind === "subscription") {
        if (request.headers.accept?.includes("text/event-stream") !== true) throw needsEvents();
        return await subscriptions.open({ request, reply, caller, asked });
      }
      const body = `{"data":${await graphql.run(operation, asker)}}`;
      this.#note(operation, caller, Buffer.byteLength(body));
      return await reply.type(TYPE).header("cache-control", "private, no-store").send(body);
    } catch (error) {
      if (!(error instanceof GraphqlFailure)) throw error;
      const { status, body } = toldErrors(error.errors);
      return reply.code(status).header("cache-control", "no-store").send(body);
    }
  }

  /** A request counts for each table that it begins with. */
  #note({ fields }: ReadyOperation, caller: DataCaller, bytes: number): void {
    const tables = new Set(
      fields.flatMap(({ plan }) =>
        plan !== undefined && "table" in plan ? [plan.table.grant.exposure.name] : [""],
      ),
    );
    for (const table of tables) {
      this.#parts.service.usage.add({
        caller,
        table,
        status: 200,
        bytes: Math.round(bytes / tables.size),
        cached: false,
      });
    }
  }
}

function sentByAddress({
  query,
  variables,
  operationName,
  extensions,
}: Readonly<Record<string, string>>): unknown {
  return {
    ...(query === undefined ? {} : { query }),
    ...(operationName === undefined ? {} : { operationName }),
    ...(variables === undefined ? {} : { variables: parsed("variables", variables) }),
    ...(extensions === undefined ? {} : { extensions: parsed("extensions", extensions) }),
  };
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" is not valid JSON`, {
      details: { field: name },
    });
  }
}

function needsEvents(): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", "A subscription is answered by server-sent events alone", {
    hint: "Send it with the header Accept: text/event-stream.",
  });
}

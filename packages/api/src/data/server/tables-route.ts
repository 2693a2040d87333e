import { operatorsOf } from "../filter/compile-condition.ts";
import type { Grant } from "../exposure/grant.ts";
import type { DataServer } from "./data-server.ts";
import type { DataService } from "./data-service.ts";
import { callerOf } from "./request-caller.ts";

/** `GET /data`: the tables that the caller can read. */
export function tablesRoute(server: DataServer, service: DataService): void {
  server.get("/data", async (request, reply) => {
    const caller = await callerOf(request, service);
    const view = await service.catalog.view();
    reply.header("cache-control", "private, no-cache");
    return { items: view.grants(caller.role).map((grant) => describeTable(grant)) };
  });
}

function describeTable({ exposure, shape, columns }: Grant): object {
  return {
    name: exposure.name,
    description: exposure.description,
    key: shape.key.every((name) => columns.has(name)) ? shape.key : [],
    history: shape.mode === "merge",
    columns: [...columns.values()].map((column) => ({
      name: column.name,
      type: column.sqlType,
      nullable: column.nullable,
      operators: operatorsOf(column),
    })),
    relations: exposure.relations.map(({ name, table, many }) => ({ name, table, many })),
  };
}

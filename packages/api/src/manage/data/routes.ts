import { DataKeys } from "../../data/keys/data-keys.ts";
import { Exposures } from "../../data/exposure/exposures.ts";
import { SavedBodies } from "../../data/saved/saved-bodies.ts";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { noteForAudit } from "../../auth/audit-note.ts";
import { readIngestClients, readUsage, requestsByKey } from "./queries.ts";
import {
  DataKeysAnswer,
  ExposeBody,
  Exposed,
  ExposedTables,
  Hidden,
  IngestClients,
  KeyBody,
  KeyParams,
  KeyRevoked,
  NewDataKey,
  PolicyBody,
  PolicyGone,
  PolicyParams,
  PolicySet,
  Saved,
  SavedAnswer,
  SavedBody,
  SavedGone,
  TableParams,
  UsageAnswer,
  UsageQuery,
} from "./schemas.ts";

const tags = ["data API"];
const DAY_MS = 86_400_000;

/** What the data API shows and to whom; and who pushes rows in. */
export const dataRoutes: ApiRoutes = (server, context) => {
  for (const add of [exposureRoutes, keyRoutes, savedRoutes]) add(server, context);
};

const exposureRoutes: ApiRoutes = (server, { pool, clock }) => {
  const exposures = new Exposures(pool, clock);
  server.get(
    "/data-api/tables",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listExposedTables",
        summary: "Tables that the data API shows, with who sees them",
        tags,
        response: { 200: ExposedTables },
      },
    },
    async () => {
      const [tables, policies, usage] = await Promise.all([
        exposures.list(),
        exposures.policies(),
        readUsage(pool, clock.now(), 7),
      ]);
      const items = tables.map(({ name, namespace, table, columns, relations, description }) => ({
        ...{ name, table, schema: namespace, description },
        columns: columns === null ? null : [...columns],
        relations: [...relations],
        policies: policies
          .filter((policy) => policy.table === name)
          .map((policy) => ({
            role: policy.role,
            columns: policy.columns === null ? null : [...policy.columns],
            rows: policy.rows,
          })),
        requests: usage
          .filter((each) => each.table === name)
          .reduce((sum, { requests }) => sum + requests, 0),
      }));
      return { items };
    },
  );
  server.put(
    "/data-api/tables/:name",
    {
      config: { role: "admin", audit: "data.expose" },
      schema: {
        operationId: "exposeTable",
        summary: "Expose a table, or change how; nobody sees it before a role may",
        tags,
        params: TableParams,
        body: ExposeBody,
        response: { 200: Exposed },
      },
    },
    async (request) => {
      const { name } = request.params;
      const { schema: namespace, ...rest } = request.body;
      await exposures.put({ name, namespace, ...rest, by: identityOf(request).name });
      return { name };
    },
  );
  server.delete(
    "/data-api/tables/:name",
    {
      config: { role: "admin", audit: "data.unexpose" },
      schema: {
        operationId: "unexposeTable",
        summary: "Hide a table from everybody",
        tags,
        params: TableParams,
        response: { 200: Hidden },
      },
    },
    async ({ params: { name } }) => {
      await exposures.remove(name);
      return { name, removed: true as const };
    },
  );
  server.put(
    "/data-api/tables/:name/policies/:role",
    {
      config: { role: "admin", audit: "data.allow" },
      schema: {
        operationId: "allowRole",
        summary:
          "Let a role see a table, or columns and rows of it; the role public is everybody without a key",
        tags,
        params: PolicyParams,
        body: PolicyBody,
        response: { 200: PolicySet },
      },
    },
    async (request) => {
      const { name, role } = request.params;
      const { columns, rows } = request.body;
      await exposures.allow({ role, table: name, columns, rows, by: identityOf(request).name });
      return { name, role };
    },
  );
  server.delete(
    "/data-api/tables/:name/policies/:role",
    {
      config: { role: "admin", audit: "data.deny" },
      schema: {
        operationId: "denyRole",
        summary: "End that a role sees a table",
        tags,
        params: PolicyParams,
        response: { 200: PolicyGone },
      },
    },
    async ({ params: { name, role } }) => ({ name, role, removed: await exposures.deny(role, name) }),
  );
};

const keyRoutes: ApiRoutes = (server, { pool, clock }) => {
  const keys = new DataKeys(pool, clock);
  server.get(
    "/data-api/keys",
    {
      config: { role: "operator" },
      schema: {
        operationId: "listDataKeys",
        summary: "Keys of the data API, newest first, without what they open with",
        tags,
        response: { 200: DataKeysAnswer },
      },
    },
    async () => {
      const [all, requests] = await Promise.all([keys.list(), requestsByKey(pool, clock.now())]);
      return { items: all.map((key) => ({ ...key, requests: requests.get(key.id) ?? 0 })) };
    },
  );
  server.post(
    "/data-api/keys",
    {
      config: { role: "admin", audit: "data.key.create" },
      schema: {
        operationId: "createDataKey",
        summary: "Make a key of the data API; what it is is told this one time",
        tags,
        body: KeyBody,
        response: { 200: NewDataKey },
      },
    },
    async (request) => {
      const { name, role, rate, expiresInDays } = request.body;
      const expiresAt = expiresInDays === null ? null : new Date(clock.now() + expiresInDays * DAY_MS);
      const { key, secret } = await keys.create({
        name,
        role,
        rate,
        expiresAt,
        by: identityOf(request).name,
      });
      noteForAudit(request, { target: key.id, details: { name, role } });
      return { id: key.id, secret };
    },
  );
  server.delete(
    "/data-api/keys/:id",
    {
      config: { role: "admin", audit: "data.key.revoke" },
      schema: {
        operationId: "revokeDataKey",
        summary: "End a key for ever",
        tags,
        params: KeyParams,
        response: { 200: KeyRevoked },
      },
    },
    async ({ params: { id } }) => {
      await keys.revoke(id);
      return { id, revoked: true as const };
    },
  );
  server.get(
    "/data-api/usage",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "readDataUsage",
        summary: "Requests to the data API by table and role",
        tags,
        querystring: UsageQuery,
        response: { 200: UsageAnswer },
      },
    },
    async ({ query: { days } }) => ({ items: await readUsage(pool, clock.now(), days) }),
  );
  server.get(
    "/ingest/clients",
    {
      config: { role: "operator" },
      schema: {
        operationId: "listIngestClients",
        summary: "Tokens that push rows, and the streams that take them",
        tags,
        response: { 200: IngestClients },
      },
    },
    async () => readIngestClients(pool),
  );
};

const savedRoutes: ApiRoutes = (server, { pool, clock }) => {
  const bodies = new SavedBodies(pool, clock);
  server.get(
    "/data-api/saved",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listSaved",
        summary: "Queries of GraphQL, filters and statements that are kept by name",
        tags,
        response: { 200: SavedAnswer },
      },
    },
    async () => ({ items: [...(await bodies.list())] }),
  );
  server.put(
    "/data-api/saved",
    {
      config: { role: "operator", audit: "data.save" },
      schema: {
        operationId: "save",
        summary: "Keep a query, filter or statement under a name",
        tags,
        body: SavedBody,
        response: { 200: Saved },
      },
    },
    async (request) => bodies.put({ ...request.body, by: identityOf(request).name }),
  );
  server.delete(
    "/data-api/saved/:id",
    {
      config: { role: "operator", audit: "data.forget" },
      schema: {
        operationId: "forgetSaved",
        summary: "Keep it no longer",
        tags,
        params: KeyParams,
        response: { 200: SavedGone },
      },
    },
    async ({ params: { id } }) => {
      await bodies.remove(id);
      return { id, removed: true as const };
    },
  );
};

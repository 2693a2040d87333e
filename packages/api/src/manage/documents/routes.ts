import { asMillraceError } from "@millrace/core";
import { decideDocument, type NewDecision } from "@millrace/platform";
import type pg from "pg";
import { z } from "zod";
import type { Operations } from "../../operations.ts";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { EmptyBody } from "../commands/schemas.ts";
import {
  countDocuments,
  getDocument,
  getDocumentPage,
  isBusy,
  listDocuments,
  listLabels,
} from "./queries.ts";
import {
  AcceptBody,
  DecisionAnswer,
  DocumentCounts,
  DocumentDetail,
  DocumentPageParams,
  DocumentParams,
  DocumentsPage,
  DocumentsQuery,
  LabelsPage,
  LabelsQuery,
  ReprocessBody,
} from "./schemas.ts";

const tags = ["documents"];

/** Documents of all pipelines: how each stands, and what people decide about those that are not sure. */
export const documentsRoutes: ApiRoutes = (server, context) => {
  listRoutes(server, context);
  oneRoutes(server, context);
  decisionRoutes(server, context);
};

const listRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/documents",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listDocuments",
        summary: "Documents, those that came last first",
        tags,
        querystring: DocumentsQuery,
        response: { 200: DocumentsPage },
      },
    },
    ({ query }) => listDocuments(pool, query),
  );
  server.get(
    "/documents/counts",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "countDocuments",
        summary: "How many documents there are of each state",
        tags,
        response: { 200: DocumentCounts },
      },
    },
    () => countDocuments(pool),
  );
  server.get(
    "/documents/labels",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listDocumentLabels",
        summary: "What people accepted and corrected, the latest first: labelled data",
        tags,
        querystring: LabelsQuery,
        response: { 200: LabelsPage },
      },
    },
    ({ query }) => listLabels(pool, query),
  );
};

const oneRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/documents/:id",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getDocument",
        summary: "A document with its fields, and everything that happened to it",
        tags,
        params: DocumentParams,
        response: { 200: DocumentDetail },
      },
    },
    ({ params }) => getDocument(pool, params.id),
  );
  server.get(
    "/documents/:id/pages/:page",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getDocumentPage",
        summary: "The picture of a page of a document that waits for review",
        tags,
        params: DocumentPageParams,
        produces: ["image/webp", "image/png"],
        response: { 200: z.any().describe("The picture.") },
      },
    },
    async ({ params }, reply) => {
      const { contentType, image } = await getDocumentPage(pool, params.id, params.page);
      return reply.type(contentType).header("cache-control", "private, max-age=300").send(image);
    },
  );
};

const decisionRoutes: ApiRoutes = (server, { pool, operations }) => {
  server.post(
    "/documents/:id/accept",
    {
      config: { role: "operator", audit: "document.accept", idempotent: true },
      schema: {
        operationId: "acceptDocument",
        summary: "Let a document land, with corrections in place of what was read",
        tags,
        params: DocumentParams,
        body: AcceptBody,
        response: { 200: DecisionAnswer },
      },
    },
    (request) => {
      const { values, lines } = request.body ?? {};
      return decide(
        { pool, operations },
        { document: request.params.id, kind: "accept", values, lines, by: identityOf(request).name },
      );
    },
  );
  server.post(
    "/documents/:id/reject",
    {
      config: { role: "operator", audit: "document.reject", idempotent: true },
      schema: {
        operationId: "rejectDocument",
        summary: "Keep a document from landing",
        tags,
        params: DocumentParams,
        body: EmptyBody,
        response: { 200: DecisionAnswer },
      },
    },
    (request) =>
      decide(
        { pool, operations },
        { document: request.params.id, kind: "reject", by: identityOf(request).name },
      ),
  );
  server.post(
    "/documents/:id/reprocess",
    {
      config: { role: "operator", audit: "document.reprocess", idempotent: true },
      schema: {
        operationId: "reprocessDocument",
        summary: "Take a document through its stages again, from any of them",
        tags,
        params: DocumentParams,
        body: ReprocessBody,
        response: { 200: DecisionAnswer },
      },
    },
    (request) =>
      decide(
        { pool, operations },
        {
          document: request.params.id,
          kind: "reprocess",
          stage: request.body?.stage,
          by: identityOf(request).name,
        },
      ),
  );
};

/** Notes the decision, and starts the pipeline where nothing runs that would follow it. */
async function decide(
  { pool, operations }: { readonly pool: pg.Pool; readonly operations: Operations },
  decision: NewDecision,
): Promise<z.output<typeof DecisionAnswer>> {
  const noted = await decideDocument(pool, decision);
  if (await isBusy(pool, noted.pipeline)) return { ...noted, started: false };
  try {
    await operations.command({ kind: "start", target: noted.pipeline, by: decision.by });
    return { ...noted, started: true };
  } catch (error) {
    // Disabled, or of a project that is not served here: it is followed when the pipeline runs.
    if (asMillraceError(error, "MLR_INTERNAL", "start").code === "MLR_INTERNAL") throw error;
    return { ...noted, started: false };
  }
}

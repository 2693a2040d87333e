import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuditActor, AuditBeginning, AuditEnd, AuditLog } from "./audit-log.ts";
import { auditNote } from "./audit-note.ts";

/** Requests of which the audit log has a line already. */
const BEGUN = new WeakMap<FastifyRequest, string>();

/**
 * Writes that a request is going to do what its route says. Where that cannot be written, nothing is done. Sign-ins are
 * written when their outcome is known, since nobody can tell before who it is.
 */
export async function beginAudit(request: FastifyRequest, log: AuditLog): Promise<void> {
  const { audit, role } = request.routeOptions.config;
  if (audit === undefined || role === "public") return;
  BEGUN.set(request, await log.begin(beginningOf(request, audit)));
}

/**
 * Completes the line of a request with what came of it, or writes one for what was refused before it began. Those whom nobody
 * knows, and sign-ins over the limit, leave none: they could fill the log at will.
 */
export async function endAudit(
  request: FastifyRequest,
  reply: FastifyReply,
  options: { readonly log: AuditLog; readonly payload: unknown },
): Promise<void> {
  const { audit, role } = request.routeOptions.config;
  if (audit === undefined) return;
  const { log, payload } = options;
  const end = endOf(request, reply, payload);
  const begun = BEGUN.get(request);
  if (begun !== undefined) return log.end(begun, end);
  if (reply.statusCode === 429 || (role !== "public" && request.identity === undefined)) return;
  await log.add(beginningOf(request, audit), end);
}

function beginningOf(request: FastifyRequest, action: string): AuditBeginning {
  return {
    actor: actorOf(request),
    action,
    target: auditNote(request).target ?? targetOf(request),
    address: request.ip,
    requestId: request.id,
  };
}

function endOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): AuditEnd {
  const { statusCode: status } = reply;
  const { target, details, failed } = auditNote(request);
  return {
    outcome: failed !== undefined ? "refused" : status < 400 ? "done" : status < 500 ? "refused" : "failed",
    status,
    code: failed ?? (status < 400 ? undefined : codeOf(payload)),
    target,
    details,
  };
}

function actorOf(request: FastifyRequest): AuditActor {
  const { identity } = request;
  if (identity !== undefined) return { ...identityActor(identity) };
  const { actor } = auditNote(request);
  return actor === undefined
    ? { kind: "anonymous", id: null, name: "", role: null }
    : { ...actor, role: null };
}

function identityActor({ kind, id, name, role }: NonNullable<FastifyRequest["identity"]>): AuditActor {
  return { kind, id, name, role };
}

function targetOf({ params }: FastifyRequest): string | undefined {
  const values = Object.values((params ?? {}) as Readonly<Record<string, unknown>>).map(String);
  return values.length === 0 ? undefined : values.join("/");
}

function codeOf(payload: unknown): string | undefined {
  if (typeof payload !== "string" || payload.length > 65_536) return undefined;
  return /"code":"(MLR_[A-Z_]+)"/.exec(payload)?.[1];
}

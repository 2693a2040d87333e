import type { Json } from "@millrace/core";
import type { FastifyRequest } from "fastify";

/** What a route adds to its line of the audit log. */
export interface AuditNote {
  /** What it was done to. Default: the parameters of the path. */
  readonly target?: string;
  /** Facts that matter later, such as the new role. Never secrets. */
  readonly details?: Readonly<Record<string, Json>>;
  /** The code of what went wrong, where the answer does not tell it: one that sends a browser on. */
  readonly failed?: string;
  /** Who did it, where nobody was signed in before. */
  readonly actor?: { readonly kind: "user"; readonly id: string; readonly name: string };
}

const NOTES = new WeakMap<FastifyRequest, AuditNote>();

/** Adds to the line that the audit log gets of this request; said twice, both count. */
export function noteForAudit(request: FastifyRequest, note: AuditNote): void {
  const before = NOTES.get(request);
  NOTES.set(request, { ...before, ...note, details: { ...before?.details, ...note.details } });
}

/** What was added so far. */
export function auditNote(request: FastifyRequest): AuditNote {
  return NOTES.get(request) ?? {};
}

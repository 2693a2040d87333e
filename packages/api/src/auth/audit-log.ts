import type { Clock, Json } from "@millrace/core";
import { storableJson } from "@millrace/platform";
import type pg from "pg";
import type { Role } from "../server/role.ts";

/** Who did something. */
export interface AuditActor {
  /** `anonymous`: nobody was signed in; `terminal`: by a command on the server. */
  readonly kind: "user" | "token" | "anonymous" | "terminal";
  readonly id: string | null;
  readonly name: string;
  readonly role: Role | null;
}

/** `started`: what came of it is not known, since the process ended. */
export type AuditOutcome = "started" | "done" | "refused" | "failed";

/** What is going to be done. */
export interface AuditBeginning {
  readonly actor: AuditActor;
  readonly action: string;
  readonly target?: string | undefined;
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
}

/** What came of it. */
export interface AuditEnd {
  readonly outcome: Exclude<AuditOutcome, "started">;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly target?: string | undefined;
  readonly details?: Readonly<Record<string, Json>> | undefined;
}

/** A line of the audit log. */
export interface AuditRecord {
  readonly id: string;
  readonly at: string;
  readonly actor: AuditActor;
  readonly action: string;
  readonly target: string | null;
  readonly outcome: AuditOutcome;
  readonly status: number | null;
  readonly code: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly details: Record<string, Json>;
}

/** Which lines are wanted; newest first. */
export interface AuditWish {
  readonly limit: number;
  /** Id of the last one before. */
  readonly after?: string | undefined;
  readonly actor?: string | undefined;
  /** One that ends with a dot finds all that begin so. */
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const LONGEST = 400;

/** Who did what, and what came of it. */
export class AuditLog {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Writes that something is going to be done, before it is; returns the line's id for `end`. */
  async begin(beginning: AuditBeginning): Promise<string> {
    return this.#insert(beginning, { outcome: "started" });
  }

  /** Completes a line with what came of it. */
  async end(id: string, end: AuditEnd): Promise<void> {
    await this.#pool.query(
      `UPDATE millrace_control.audit SET outcome = $2, status = $3, code = $4, target = coalesce($5, target), details = $6
       WHERE id = $1`,
      [
        id,
        end.outcome,
        end.status ?? null,
        end.code ?? null,
        cut(end.target),
        storableJson(end.details ?? {}),
      ],
    );
  }

  /** Writes what is done already. */
  async add(beginning: AuditBeginning, end: AuditEnd): Promise<void> {
    await this.#insert(beginning, end);
  }

  async list(wish: AuditWish): Promise<readonly AuditRecord[]> {
    const { where, values } = conditions(wish);
    const { rows } = await this.#pool.query<AuditRow>(
      `SELECT id, at, actor_kind, actor_id, actor_name, role, action, target, outcome, status, code, address, request_id,
         details FROM millrace_control.audit ${where} ORDER BY id DESC LIMIT ${wish.limit}`,
      [...values],
    );
    return rows.map(record);
  }

  async #insert(
    { actor, action, target, address, requestId }: AuditBeginning,
    end: Omit<AuditEnd, "outcome"> & { readonly outcome: AuditOutcome },
  ): Promise<string> {
    const { rows } = await this.#pool.query<{ id: string }>(
      `INSERT INTO millrace_control.audit (at, actor_kind, actor_id, actor_name, role, action, target, outcome, status, code,
         address, request_id, details)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
      [
        new Date(this.#clock.now()),
        actor.kind,
        actor.id,
        cut(actor.name),
        actor.role,
        action,
        cut(end.target ?? target),
        end.outcome,
        end.status ?? null,
        end.code ?? null,
        cut(address),
        cut(requestId),
        storableJson(end.details ?? {}),
      ],
    );
    return rows[0]?.id ?? "";
  }
}

interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly actor_kind: AuditActor["kind"];
  readonly actor_id: string | null;
  readonly actor_name: string;
  readonly role: Role | null;
  readonly action: string;
  readonly target: string | null;
  readonly outcome: AuditOutcome;
  readonly status: number | null;
  readonly code: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly details: Record<string, Json>;
}

function record(row: AuditRow): AuditRecord {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, role: row.role },
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    status: row.status,
    code: row.code,
    address: row.address,
    requestId: row.request_id,
    details: row.details,
  };
}

/** Only what is asked for stands in the statement, so that the right index is taken. */
function conditions(wish: AuditWish): { readonly where: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const parts: string[] = [];
  const add = (value: unknown, condition: (place: string) => string): void => {
    if (value !== undefined) parts.push(condition(`$${values.push(value)}`));
  };
  const { action } = wish;
  add(wish.after, (at) => `id < ${at}::bigint`);
  add(wish.actor, (at) => `lower(actor_name) = lower(${at})`);
  if (action?.endsWith(".")) {
    // "/" follows "." in the order of bytes: all that begin so, by the index.
    add(action, (at) => `action ~>=~ ${at}`);
    add(`${action.slice(0, -1)}/`, (at) => `action ~<~ ${at}`);
  } else add(action, (at) => `action = ${at}`);
  add(wish.target, (at) => `target = ${at}`);
  add(wish.outcome, (at) => `outcome = ${at}`);
  add(wish.from, (at) => `at >= ${at}::timestamptz`);
  add(wish.to, (at) => `at < ${at}::timestamptz`);
  return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, values };
}

function cut(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll("\0", "").slice(0, LONGEST);
}

import { randomUUID } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { MillraceError } from "@millrace/core";
import { openFrontierFile } from "./frontier-file.ts";
import { hashText } from "./hash-text.ts";
import { RecentKeys } from "./recent-keys.ts";
import type { Link, Outcome, PageRows, Visit, VisitState } from "./visit.ts";

const STATES: readonly VisitState[] = ["waiting", "done", "failed", "refused", "gone", "aside"];
const stateNumber = (state: VisitState): number => STATES.indexOf(state);
/** Crawls after which a page that was not met again is forgotten. */
const REMEMBERED_CRAWLS = 3;

/** What a page gave, in the order in which pages were done. */
export interface OutboxEntry {
  readonly position: number;
  readonly url: string;
  readonly rows: readonly PageRows[];
}

/** Why a crawl may remove nothing. */
export interface Taint {
  readonly reason: string;
  readonly pages: number;
  /** Address of one of the pages. */
  readonly example: string;
}

interface KnownPage {
  readonly id: number;
  readonly key: string;
  readonly crawl: number;
  readonly state: number;
  readonly extra: string | null;
}

interface PageRecord extends KnownPage {
  readonly depth: number;
  readonly priority: number;
  readonly attempts: number;
  readonly good: number;
}

/**
 * What a crawl has to do and has done, in a file. What a page came to is one transaction: its rows in the outbox, the links
 * that are new, its mark. So a process that dies at any moment loses nothing, and does nothing twice.
 */
export class Frontier {
  readonly #database: DatabaseSync;
  readonly #recent = new RecentKeys();
  readonly #hosts = new Map<string, number>();
  readonly #statements = new Map<string, StatementSync>();
  #crawl = "";
  #number = 0;
  #position = 0;
  #trimmed = 0;
  #closed = false;

  /** @param file path, or `:memory:`. Fails with MLR_SOURCE_FAILED where another process has it open. */
  constructor(file: string) {
    this.#database = openFrontierFile(file);
    this.#crawl = this.#meta("crawl") ?? "";
    this.#number = Number(this.#meta("number") ?? 0);
    this.#trimmed = Number(this.#meta("trimmed") ?? 0);
    const last = this.#get("SELECT max(position) AS position FROM outbox") as { position: number | null };
    this.#position = Math.max(this.#trimmed, last.position ?? 0);
  }

  /** Identifies the crawl that is going on; empty where there is none. */
  get crawl(): string {
    return this.#crawl;
  }

  /** Position of the last page that gave rows; 0: none. */
  get position(): number {
    return this.#position;
  }

  /** The outbox holds what is behind this position. */
  get trimmed(): number {
    return this.#trimmed;
  }

  /**
   * Begins a crawl: nothing waits, pages of earlier crawls are known.
   * @param now in ms since 1970
   */
  begin(now: number): void {
    this.#transaction(() => {
      this.#crawl = randomUUID();
      this.#number++;
      this.#position = 0;
      this.#trimmed = 0;
      this.#database.exec("DELETE FROM outbox; DELETE FROM taints; UPDATE hosts SET waiting = 0;");
      this.#database.exec(`UPDATE pages SET state = ${stateNumber("aside")} WHERE state = 0`);
      this.#run("DELETE FROM pages WHERE crawl < ?", this.#number - REMEMBERED_CRAWLS);
      this.#setMeta("crawl", this.#crawl);
      this.#setMeta("number", String(this.#number));
      this.#setMeta("trimmed", "0");
      this.#setMeta("started", String(now));
      this.#setMeta("ended", "");
    });
    this.#recent.clear();
  }

  /** Adds what is new of these; returns how many that were. */
  add(links: readonly Link[]): number {
    return this.#transaction(() => this.#add(links));
  }

  /** Hosts that have pages waiting, at most `limit` of them and none of `without`. */
  waitingHosts(limit: number, without: ReadonlySet<string>): string[] {
    const found = this.#all("SELECT name FROM hosts WHERE waiting > 0 LIMIT ?", limit + without.size);
    return found
      .map(({ name }) => String(name))
      .filter((name) => !without.has(name))
      .slice(0, limit);
  }

  /** Waiting pages of a host, the most wanted first; none of `without`, which somebody has taken already. */
  take(host: string, limit: number, without: ReadonlySet<number>): Visit[] {
    const found = this.#all(
      "SELECT id, key, crawl, state, extra, depth, priority, attempts, good FROM pages WHERE host = ? AND state = 0 ORDER BY priority DESC, depth, id LIMIT ?",
      this.#host(host),
      limit + without.size,
    ) as unknown as PageRecord[];
    return found
      .filter(({ id }) => !without.has(id))
      .slice(0, limit)
      .map((page) => this.#visitOf(page, host));
  }

  /**
   * What became of a page, in one transaction. Returns false where the page, or the one that it redirects to, was done
   * already: its rows and links are left out then.
   */
  record(outcome: Outcome): boolean {
    const { visit } = outcome;
    const body = bodyOf(outcome);
    return this.#transaction(() => {
      const own = this.#get("SELECT state FROM pages WHERE id = ?", visit.id) as
        { state: number } | undefined;
      const isNew = own?.state === 0 && this.#claimAlias(outcome);
      if (own?.state === 0) this.#mark(outcome, isNew);
      if (!isNew) return false;
      if (body !== undefined) {
        this.#run("INSERT INTO outbox (position, body) VALUES (?, ?)", this.#position + 1, body);
        this.#position++;
      }
      this.#add(outcome.links ?? []);
      if (outcome.taint !== undefined) this.#taint(outcome.taint, visit.url);
      return true;
    });
  }

  /** Remembers why this crawl may remove nothing. */
  taint(reason: string, url: string): void {
    this.#taint(reason, url);
  }

  get taints(): readonly Taint[] {
    return this.#all("SELECT reason, pages, example FROM taints ORDER BY reason") as unknown as Taint[];
  }

  /** What pages gave, behind a position, in order. */
  outbox(after: number, limit: number): OutboxEntry[] {
    const found = this.#all(
      "SELECT position, body FROM outbox WHERE position > ? ORDER BY position LIMIT ?",
      after,
      limit,
    );
    return found.map(({ position, body }) => ({
      position: Number(position),
      ...(deserialize(body as Uint8Array) as Pick<OutboxEntry, "url" | "rows">),
    }));
  }

  /** Lets go of what is durable in the destination. */
  trim(position: number): void {
    if (position <= this.#trimmed || this.#closed) return;
    this.#transaction(() => {
      this.#run("DELETE FROM outbox WHERE position <= ?", position);
      this.#trimmed = position;
      this.#setMeta("trimmed", String(position));
    });
  }

  /** Pages of this crawl by what became of them. */
  counts(): Readonly<Record<VisitState, number>> {
    const counts: Record<VisitState, number> = {
      waiting: 0,
      done: 0,
      failed: 0,
      refused: 0,
      gone: 0,
      aside: 0,
    };
    for (const { state, pages } of this.#all(
      "SELECT state, count(*) AS pages FROM pages WHERE crawl = ? GROUP BY state",
      this.#number,
    )) {
      counts[STATES[Number(state)] ?? "done"] = Number(pages);
    }
    return counts;
  }

  /** Something that is to be known in the next crawl; undefined where it was not noted. */
  note(name: string): string | undefined {
    const found = this.#get("SELECT value FROM notes WHERE name = ?", name);
    return found === undefined ? undefined : String(found["value"]);
  }

  setNote(name: string, value: string): void {
    this.#run("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", name, value);
  }

  dropNote(name: string): void {
    this.#run("DELETE FROM notes WHERE name = ?", name);
  }

  /** There is no crawl any more that could be gone on with. */
  abandon(): void {
    this.#crawl = "";
    this.#setMeta("crawl", "");
  }

  /** When the crawl began, in ms since 1970. */
  get startedAt(): number {
    return Number(this.#meta("started") ?? 0);
  }

  /** When the crawl first was at its end, in ms since 1970; undefined: it was not yet. */
  get endedAt(): number | undefined {
    const ended = this.#meta("ended") ?? "";
    return ended === "" ? undefined : Number(ended);
  }

  /** The crawl is at its end. */
  end(now: number): void {
    if (this.endedAt === undefined) this.#setMeta("ended", String(now));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
  }

  #add(links: readonly Link[]): number {
    const added = new Map<number, number>();
    let count = 0;
    for (const link of links) {
      if (this.#recent.has(link.key) && link.carried === undefined) continue;
      this.#recent.add(link.key);
      const host = this.#host(link.host);
      if (!this.#insert(link, host)) continue;
      added.set(host, (added.get(host) ?? 0) + 1);
      count++;
    }
    for (const [host, more] of added)
      this.#run("UPDATE hosts SET waiting = waiting + ? WHERE id = ?", more, host);
    return count;
  }

  #insert(link: Link, host: number): boolean {
    const hash = hashText(link.key);
    const found = this.#find(hash, link.key);
    const extra = extraOf(link);
    if (found === undefined) {
      this.#run(
        "INSERT INTO pages (hash, key, host, crawl, depth, priority, extra) VALUES (?, ?, ?, ?, ?, ?, ?)",
        hash,
        link.key,
        host,
        this.#number,
        link.depth,
        link.priority,
        extra,
      );
      return true;
    }
    if (found.crawl < this.#number) {
      this.#run(
        "UPDATE pages SET crawl = ?, state = 0, attempts = 0, depth = ?, priority = ?, extra = ? WHERE id = ?",
        this.#number,
        link.depth,
        link.priority,
        extra,
        found.id,
      );
      return true;
    }
    // A link that knows more of the page than the one before: its knowledge counts as long as nobody went there.
    if (link.carried !== undefined && found.state === 0 && found.extra?.includes('"carried"') !== true) {
      this.#run("UPDATE pages SET extra = ? WHERE id = ?", extra, found.id);
    }
    return false;
  }

  /** The page that redirects led to is done with this one. False: it was done before. */
  #claimAlias({ alias, visit, state }: Outcome): boolean {
    if (alias === undefined || alias.key === visit.key || state === "waiting") return true;
    const hash = hashText(alias.key);
    const found = this.#find(hash, alias.key);
    if (found?.crawl === this.#number && found.state !== 0) return false;
    const host = this.#host(alias.host);
    if (found === undefined) {
      this.#run(
        "INSERT INTO pages (hash, key, host, crawl, depth, priority, state) VALUES (?, ?, ?, ?, ?, 0, ?)",
        hash,
        alias.key,
        host,
        this.#number,
        visit.depth,
        stateNumber("aside"),
      );
      return true;
    }
    if (found.crawl === this.#number) this.#run("UPDATE hosts SET waiting = waiting - 1 WHERE id = ?", host);
    this.#run(
      "UPDATE pages SET crawl = ?, state = ? WHERE id = ?",
      this.#number,
      stateNumber("aside"),
      found.id,
    );
    return true;
  }

  #mark({ visit, state, status }: Outcome, isNew: boolean): void {
    const final = isNew ? state : "aside";
    this.#run(
      "UPDATE pages SET state = ?, status = ?, attempts = attempts + 1, good = CASE WHEN ? THEN crawl ELSE good END WHERE id = ?",
      stateNumber(final),
      status ?? null,
      final === "done" ? 1 : 0,
      visit.id,
    );
    if (final !== "waiting") {
      this.#run("UPDATE hosts SET waiting = waiting - 1 WHERE id = ?", this.#host(visit.host));
    }
  }

  #taint(reason: string, url: string): void {
    this.#run(
      "INSERT INTO taints (reason, pages, example) VALUES (?, 1, ?) ON CONFLICT (reason) DO UPDATE SET pages = pages + 1",
      reason,
      url,
    );
  }

  #find(hash: number, key: string): KnownPage | undefined {
    const found = this.#all(
      "SELECT id, key, crawl, state, extra FROM pages WHERE hash = ?",
      hash,
    ) as unknown as KnownPage[];
    return found.find((page) => page.key === key);
  }

  #visitOf(page: PageRecord, host: string): Visit {
    const extra = page.extra === null ? {} : (JSON.parse(page.extra) as Partial<Link>);
    return {
      kind: "page",
      url: page.key,
      ...extra,
      id: page.id,
      key: page.key,
      host,
      depth: page.depth,
      priority: page.priority,
      attempts: page.attempts,
      known: page.good > 0 && page.good < this.#number,
    };
  }

  #host(name: string): number {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    this.#run("INSERT OR IGNORE INTO hosts (name) VALUES (?)", name);
    const found = this.#get("SELECT id FROM hosts WHERE name = ?", name);
    const id = Number(found?.["id"]);
    if (this.#hosts.size >= 10_000) this.#hosts.clear();
    this.#hosts.set(name, id);
    return id;
  }

  #meta(name: string): string | undefined {
    const found = this.#get("SELECT value FROM meta WHERE name = ?", name);
    return found === undefined ? undefined : String(found["value"]);
  }

  #setMeta(name: string, value: string): void {
    this.#run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  #transaction<T>(work: () => T): T {
    this.#statement("BEGIN IMMEDIATE").run();
    const position = this.#position;
    try {
      const result = work();
      this.#statement("COMMIT").run();
      return result;
    } catch (error) {
      this.#position = position;
      this.#recent.clear();
      this.#hosts.clear();
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql: string, ...values: (string | number | null | Uint8Array)[]): void {
    this.#statement(sql).run(...values);
  }

  #get(sql: string, ...values: (string | number)[]): Record<string, unknown> | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    return this.#statement(sql).all(...values);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** What goes into the outbox; undefined: nothing. Fails with MLR_ARGUMENT_INVALID for values that no row can have. */
function bodyOf({ visit, rows: given = [] }: Outcome): Uint8Array | undefined {
  const rows = given.filter((each) => each.rows.length > 0 || (each.rejected?.length ?? 0) > 0);
  if (rows.length === 0) return undefined;
  try {
    return serialize({ url: visit.url, rows });
  } catch (error) {
    const streams = rows.map(({ stream }) => `"${stream}"`).join(", ");
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `crawl(): ${visit.url}: a row of stream ${streams} has a value that cannot be kept: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: "Give texts, numbers, dates, lists and plain objects, not functions or promises.",
        cause: error,
      },
    );
  }
}

/** What a link is besides its key and place, as JSON; null for the plain page at the address of its key. */
function extraOf({ key, url, kind, request, carried }: Link): string | null {
  const extra = {
    ...(url === key ? {} : { url }),
    ...(kind === "page" ? {} : { kind }),
    ...(request === undefined ? {} : { request }),
    ...(carried === undefined ? {} : { carried }),
  };
  return Object.keys(extra).length === 0 ? null : JSON.stringify(extra);
}

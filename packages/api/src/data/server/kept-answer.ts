import type { CatalogView } from "../exposure/data-catalog.ts";
import type { DataCaller } from "../keys/data-caller.ts";
import type { KeptAnswer } from "../rows/answer-cache.ts";
import type { VersionsView } from "../rows/table-versions.ts";
import type { TablePlace } from "../schema/read-table-shape.ts";
import type { DataService } from "./data-service.ts";

/** Headers of an answer that clients may keep, and have to ask about. */
export const KEPT_HEADERS = { "cache-control": "private, no-cache", vary: "authorization, accept" } as const;

/** What is asked, and as whom. */
export function questionOf(
  accept: string | undefined,
  url: string | undefined,
  { role }: DataCaller,
): string {
  return `${role} ${accept ?? ""} ${url ?? ""}`;
}

/** The answer that was given before, where nothing that it was made of has changed. */
export function keptAnswer(service: DataService, question: string): KeptAnswer | undefined {
  const view = service.catalog.fresh;
  const versions = service.versions.fresh;
  if (view === undefined || versions === undefined) return undefined;
  const kept = service.cache.get(question);
  return kept !== undefined && kept.stamp === stampOf(view, versions, kept.tables) ? kept : undefined;
}

/** Differs whenever an answer might. Undefined where that cannot be told. */
export function stampOf(
  view: CatalogView,
  versions: VersionsView,
  tables: readonly TablePlace[],
): string | undefined {
  let stamp = view.stamp;
  for (const place of tables) {
    const version = versions.of(place);
    if (version === undefined) return undefined;
    stamp += ` ${version}`;
  }
  return stamp;
}

/** Whether a client has the answer already. @param given its header If-None-Match */
export function hasAnswer(given: string | undefined, tag: string): boolean {
  return given !== undefined && (given === "*" || given.includes(tag));
}

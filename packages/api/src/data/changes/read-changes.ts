import type { Grant } from "../exposure/grant.ts";
import type { CursorValues } from "../query/cursors.ts";
import type { DataService } from "../server/data-service.ts";
import { type ChangeRow, type ChangesQuery, compileChanges } from "./compile-changes.ts";

/** A change that is told. */
export interface ToldChange {
  readonly operation: ChangeRow["operation"];
  /** The change as JSON text. */
  readonly json: string;
  /** Cursor behind it. */
  readonly cursor: string;
}

/** Reads changes in order. @param of whose they are */
export async function readChanges(
  grant: Grant,
  query: ChangesQuery,
  of: { readonly service: DataService; readonly role: string; readonly signal?: AbortSignal | undefined },
): Promise<readonly ToldChange[]> {
  const { service, role, signal } = of;
  const rows = await service.reader.query<ChangeRow>(compileChanges(grant, query), {
    role,
    signal,
  });
  const name = changesName(grant);
  return rows.map(({ operation, at, fields, row, place }) => ({
    operation,
    json: `{"operation":"${operation}","at":${JSON.stringify(at)},"fields":${JSON.stringify(fields)},"row":${row}}`,
    cursor: service.cursors.write(place, name),
  }));
}

/** What cursors of a table's changes are bound to. */
export function changesName({ exposure, shape }: Grant): string {
  return JSON.stringify(["changes", exposure.name, shape.key]);
}

/** The place that `since=` names: a time, or the cursor of a change. Fails with MLR_ARGUMENT_INVALID. */
export function placeOf(grant: Grant, since: string, service: DataService): CursorValues {
  return service.cursors.read(since, changesName(grant));
}

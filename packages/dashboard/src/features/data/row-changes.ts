/** One version of a row, as the API gives it: how it ended, and when it was valid. */
export interface Version {
  readonly operation: "current" | "update" | "remove";
  /** Fields in which the version that followed differs. */
  readonly changed: readonly string[];
  /** The run that wrote it. */
  readonly run: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What happened to a row at one moment. */
export interface RowChange {
  readonly kind: "inserted" | "updated" | "removed" | "restored";
  readonly at: string | null;
  /** The run that did it, where it is known. */
  readonly run: string | null;
  readonly fields: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
}

/**
 * Turns versions (newest first) into what happened between them, newest first: the end of each version is a change, the
 * beginning of the oldest one the insertion, and a version that follows a removal a return.
 */
export function rowChanges(versions: readonly Version[]): readonly RowChange[] {
  const changes: RowChange[] = [];
  versions.forEach((version, index) => {
    const next = versions[index - 1];
    if (version.operation === "update" && next !== undefined)
      changes.push({ kind: "updated", at: version.to, run: next.run, fields: fieldsOf(version, next) });
    if (version.operation === "remove") {
      if (next !== undefined)
        changes.push({ kind: "restored", at: next.from, run: next.run, fields: fieldsOf(version, next) });
      changes.push({ kind: "removed", at: version.to, run: null, fields: [] });
    }
    // Tables that keep no history have one version, of which nobody knows since when.
    if (index === versions.length - 1 && version.from !== null)
      changes.push({ kind: "inserted", at: version.from, run: version.run, fields: [] });
  });
  return changes;
}

function fieldsOf(before: Version, after: Version): RowChange["fields"] {
  const named =
    before.changed.length > 0
      ? before.changed
      : Object.keys(before.values).filter((name) => differs(before, after, name));
  return named.map((name) => ({ name, before: before.values[name], after: after.values[name] }));
}

function differs(before: Version, after: Version, name: string): boolean {
  return !name.startsWith("_") && JSON.stringify(before.values[name]) !== JSON.stringify(after.values[name]);
}

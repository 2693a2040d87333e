import type { Place } from "../option-types.ts";

/** A request that is being put together. */
export interface Draft {
  readonly method: string;
  /** Shared: replaced, never changed. */
  url: URL;
  /** By lower-case name. */
  readonly headers: Record<string, string>;
  /** A JSON document, never changed but replaced; or the fields of a form. */
  body: unknown;
}

/** A copy that may be changed without changing the other one. */
export function copyDraft({ method, url, headers, body }: Draft): Draft {
  return {
    method,
    url,
    headers: { ...headers },
    body: body instanceof URLSearchParams ? new URLSearchParams(body) : body,
  };
}

/** Sets a parameter, in place of one of the same name. `path` may be `a.b` in bodies. */
export function setParam(draft: Draft, place: Place, path: string, value: string | number): void {
  if (place === "query") {
    draft.url = new URL(draft.url);
    draft.url.searchParams.set(path, String(value));
  } else if (place === "header") draft.headers[path.toLowerCase()] = String(value);
  else if (draft.body instanceof URLSearchParams) draft.body.set(path, String(value));
  else {
    const steps = place === "variables" ? ["variables", path] : path.split(".");
    draft.body = withMember(draft.body, steps, value);
  }
}

function withMember(document: unknown, steps: readonly string[], value: string | number): unknown {
  const [first, ...rest] = steps;
  if (first === undefined) return value;
  const members =
    typeof document === "object" && document !== null ? (document as Record<string, unknown>) : {};
  return { ...members, [first]: withMember(members[first], rest, value) };
}

import { MillraceError } from "@millrace/core";
import { copyDraft, setParam, type Draft } from "../client/draft.ts";
import type { TextRequest } from "../../shared/request/outgoing.ts";
import { withQuery, type QueryValues } from "../client/query.ts";
import type { CursorValue } from "../cursor/cursor-value.ts";
import type { Resource } from "./plan.ts";
import { asSegment, fill, fillInside, fillValue, type Bindings } from "./template.ts";

const CURSOR = "{cursor.from}";

/** The request of a resource before its pages: templates filled in, and the cursor asked for. Fails with MLR_ARGUMENT_INVALID. */
export function baseRequest(resource: Resource, bindings: Bindings, from: CursorValue | undefined): Draft {
  const { options } = resource;
  const bound: Bindings = from === undefined ? bindings : { ...bindings, "cursor.from": from };
  const body = bodyOf(resource, bound);
  const draft: Draft = {
    method: options.method ?? (body === undefined ? "GET" : "POST"),
    url: addressOf(resource, bound),
    headers: { ...contentHeaders(body), ...ownHeaders(resource, bound) },
    body,
  };
  const { cursor } = options;
  if (cursor?.param !== undefined && from !== undefined) setParam(draft, cursor.in, cursor.param, from);
  return draft;
}

/** The request for one page. */
export function pageRequest(base: Draft, apply: (draft: Draft) => void): TextRequest {
  const draft = copyDraft(base);
  apply(draft);
  const { method, url, headers, body } = draft;
  return { method, url, headers, body: body === undefined ? undefined : textOf(body) };
}

function addressOf(resource: Resource, bindings: Bindings): URL {
  const filled = fill(resource.url, bindings, asSegment);
  if (filled.includes(CURSOR)) throw needsStart(resource);
  if (!URL.canParse(filled)) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `http(): the address of "${resource.name}" cannot be read`,
      {
        hint: "It has to be a whole address, or a path below `baseUrl`.",
        details: { resource: resource.name },
      },
    );
  }
  const url = withQuery(new URL(filled), filledQuery(resource, bindings));
  url.hash = "";
  return url;
}

/** Parameters with the cursor are left out while there is none. */
function filledQuery({ options: { query } }: Resource, bindings: Bindings): QueryValues {
  const entries = Object.entries(query).map(([name, value]) => {
    const one = (each: unknown): unknown => {
      if (typeof each !== "string") return each;
      return each.includes(CURSOR) && bindings["cursor.from"] === undefined
        ? undefined
        : fillValue(each, bindings);
    };
    return [name, Array.isArray(value) ? value.map(one) : one(value)];
  });
  return Object.fromEntries(entries) as QueryValues;
}

function bodyOf(resource: Resource, bindings: Bindings): unknown {
  const { graphql, form, body } = resource.options;
  if (graphql !== undefined) {
    const { query, variables, operationName } = graphql;
    const filled = fillInside(variables, bindings);
    if (JSON.stringify(filled)?.includes(CURSOR)) throw needsStart(resource);
    return { query, variables: filled, ...(operationName === undefined ? {} : { operationName }) };
  }
  if (form !== undefined) {
    const fields = Object.entries(form).map(([name, value]): [string, string] => [
      name,
      fill(value, bindings),
    ]);
    return new URLSearchParams(fields);
  }
  const filled = fillInside(body, bindings);
  if (JSON.stringify(filled)?.includes(CURSOR)) throw needsStart(resource);
  return filled;
}

function contentHeaders(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  const type = body instanceof URLSearchParams ? "application/x-www-form-urlencoded" : "application/json";
  return { "content-type": type };
}

function ownHeaders({ name: resource, options }: Resource, bindings: Bindings): Record<string, string> {
  const entries = Object.entries(options.headers ?? {}).map(([name, template]) => {
    const value = fill(template, bindings);
    // What is no Latin-1, or ends a line, cannot be in a header.
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return [name.toLowerCase(), value];
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${resource}: a value for the header ${name} has characters that none may have`,
      {
        hint: "Check the field of the parent's rows that the header is made with.",
        details: { header: name },
      },
    );
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

function textOf(body: unknown): string {
  return body instanceof URLSearchParams ? body.toString() : JSON.stringify(body);
}

function needsStart({ name }: Resource): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `http(): the requests of "${name}" have ${CURSOR}, and there is none yet`,
    {
      hint: "Say where the first reading begins with `cursor: { start }`.",
      details: { resource: name },
    },
  );
}

import type { Field, SchemaType } from "../schema/types.ts";
import type { Operation, ServiceDescription } from "../wsdl/service.ts";
import { repeatedPaths } from "./row-place.ts";

/** An operation of a service, for people and programs. */
export interface SoapOperation {
  readonly operation: string;
  readonly service: string;
  readonly port: string;
  readonly endpoint: string;
  /** Of SOAP. */
  readonly version: "1.1" | "1.2";
  readonly style: "document" | "rpc";
  readonly action: string;
  /** What it takes: `{ customer: int, page?: int, order*: { … } }`, where `?` may be left out and `*` is an array. */
  readonly input: string;
  /** What it answers, in the same way. */
  readonly output: string;
  /** Paths to elements that may repeat: what the option `rows` can be. */
  readonly rows: readonly string[];
  /** Headers that its messages may have. */
  readonly headers: readonly string[];
  readonly documentation: string;
}

/** Types nest, and may contain themselves. */
const DEEPEST = 6;
const MOST_LENGTH = 4_000;

/** All operations of a service. Fails with MLR_SOURCE_FORMAT where its description is incomplete. */
export function describeOperations({ operations }: ServiceDescription): SoapOperation[] {
  return operations.map(describe);
}

function describe(operation: Operation): SoapOperation {
  const [answer] = operation.output?.elements ?? [];
  return {
    operation: operation.name,
    service: operation.service,
    port: operation.port,
    endpoint: operation.endpoint,
    version: operation.version,
    style: operation.style,
    action: operation.action,
    input: messageText(operation.input.elements),
    output: messageText(operation.output?.elements ?? []),
    rows: answer === undefined ? [] : repeatedPaths(answer.type),
    headers: operation.headers.map(({ name }) => name),
    documentation: operation.documentation,
  };
}

function messageText(elements: readonly Field[]): string {
  const [only, ...others] = elements;
  if (only === undefined) return "{}";
  const text =
    others.length === 0 && only.type.kind === "complex" ? typeText(only.type, 0) : membersText(elements, 0);
  return text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH)}…` : text;
}

function typeText(type: SchemaType, depth: number): string {
  if (type.kind === "simple") return type.list ? `${type.base}[]` : type.base;
  if (type.items !== undefined) return `${depth > DEEPEST ? "…" : typeText(type.items, depth + 1)}[]`;
  if (depth > DEEPEST) return "{ … }";
  const attributes = type.attributes.map(
    (each) => `${each.member}${each.required ? "" : "?"}: ${typeText(each.type, depth)}`,
  );
  const text = type.text === undefined ? [] : [`${type.textMember}: ${typeText(type.text, depth)}`];
  const own = [...attributes, ...text];
  if (own.length === 0 && type.fields.length === 0) return type.any ? "any" : "{}";
  const members = membersText(type.fields, depth);
  if (own.length === 0) return members;
  return type.fields.length === 0 ? `{ ${own.join(", ")} }` : `{ ${own.join(", ")}, ${members.slice(2)}`;
}

function membersText(fields: readonly Field[], depth: number): string {
  const members = fields.map(
    (field) =>
      `${field.member}${field.repeated ? "*" : field.optional ? "?" : ""}: ${typeText(field.type, depth + 1)}`,
  );
  return `{ ${members.join(", ")} }`;
}

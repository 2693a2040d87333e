import type { ColumnType } from "@millrace/core";
import type { SchemaTree } from "hyparquet";
import { takeLeaf } from "./leaf-type.ts";

/** A top-level column: its type, and how its values are made exact. */
export interface ColumnPlan {
  readonly name: string;
  readonly type: ColumnType;
  /** Never gets null. */
  readonly convert: (raw: unknown) => unknown;
}

/** The plan of a top-level column: a scalar where it is one, otherwise JSON. Changes the schema; see `takeLeaf`. */
export function planColumn(node: SchemaTree, binaryAsText: boolean): ColumnPlan {
  const { name } = node.element;
  if (node.children.length > 0 || node.element.repetition_type === "REPEATED") {
    return { name, type: { kind: "json" }, convert: nested(node, binaryAsText) };
  }
  return { name, ...takeLeaf(node.element, binaryAsText) };
}

type Convert = (value: unknown) => unknown;

/** Walks through what hyparquet assembles of a nested column: arrays, objects and the leaves in them. */
function nested(node: SchemaTree, binaryAsText: boolean): Convert {
  if (node.element.logical_type?.type === "VARIANT") return jsonValue;
  const one = nestedValue(node, binaryAsText);
  return node.element.repetition_type === "REPEATED" ? eachOf(one) : one;
}

function nestedValue(node: SchemaTree, binaryAsText: boolean): Convert {
  if (node.children.length === 0) {
    const { convert } = takeLeaf(node.element, binaryAsText);
    return (value) => jsonValue(value === null || value === undefined ? null : convert(value));
  }
  const kind = node.element.converted_type ?? node.element.logical_type?.type;
  const inner = node.children[0];
  const value = inner?.children.find((child) => child.element.name === "value");
  if (kind === "LIST" && inner?.element.repetition_type === "REPEATED") return list(inner, binaryAsText);
  if (kind === "MAP" && value !== undefined && inner?.children.length === 2) {
    const convert = nested(value, binaryAsText);
    return members(() => convert);
  }
  const converts = new Map(node.children.map((child) => [child.element.name, nested(child, binaryAsText)]));
  return members((name) => converts.get(name) ?? jsonValue);
}

/** Lists have a repeated group between them and their elements, which old writers left out. */
function list(repeated: SchemaTree, binaryAsText: boolean): Convert {
  const element = repeated.children.length === 1 ? repeated.children[0] : undefined;
  return eachOf(element === undefined ? nestedValue(repeated, binaryAsText) : nested(element, binaryAsText));
}

function eachOf(convert: Convert): Convert {
  return (value) => (Array.isArray(value) ? value.map(convert) : (value ?? null));
}

function members(convertOf: (name: string) => Convert): Convert {
  return (value) => {
    if (typeof value !== "object" || value === null) return value ?? null;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, convertOf(name)(each)]));
  };
}

/** JSON has no bytes: they are written as PostgreSQL writes them. */
function jsonValue(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value ?? null;
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
}

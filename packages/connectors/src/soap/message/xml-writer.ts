import { nearest } from "@millrace/core";
import { namespaceOf, NS, qualified } from "../namespaces.ts";
import { simpleType } from "../schema/builtin-types.ts";
import type { SchemaSet } from "../schema/schema-set.ts";
import type { ComplexType, Field, SchemaType, SimpleType } from "../schema/types.ts";
import { inputFault } from "./input-fault.ts";
import { encodeSimple, INVALID } from "./simple-value.ts";

/** Member that says which of several types a value has, where types extend one another. */
const TYPE_MEMBER = "xsi:type";
const DEEPEST = 200;
const NO_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Writes values as elements, by the types of the schemas. */
export class XmlWriter {
  readonly #schemas: SchemaSet;
  readonly #encoded: boolean;
  readonly #prefixes = new Map<string, string>([
    [NS.xsd, "xsd"],
    [NS.xsi, "xsi"],
  ]);
  #depth = 0;

  /** @param encoded values say their types themselves. */
  constructor(schemas: SchemaSet, encoded: boolean) {
    this.#schemas = schemas;
    this.#encoded = encoded;
  }

  /** Namespaces that were used, with their prefixes. */
  namespaces(): [namespace: string, prefix: string][] {
    return [...this.#prefixes].filter(([namespace]) => namespace !== NS.xsd && namespace !== NS.xsi);
  }

  /** A text as the value of an attribute. */
  static attributeText(text: string): string {
    return escapeText(text).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
  }

  /** An element with its value. Fails with MLR_ARGUMENT_INVALID, which names `where`. */
  element(field: Field, value: unknown, where: string): string {
    if (++this.#depth > DEEPEST) throw inputFault(where.slice(0, 200), `is more than ${DEEPEST} levels deep`);
    try {
      const tag = this.#tag(field.namespace, field.name);
      if (value === null || value === undefined) return `<${tag} xsi:nil="true"/>`;
      const { type, said } = this.#typeOf(field, value, where);
      const { attributes, content } = this.#valueOf(type, value, where);
      const own = said === "" ? attributes : ` xsi:type="${said}"${attributes}`;
      return content === "" ? `<${tag}${own}/>` : `<${tag}${own}>${content}</${tag}>`;
    } finally {
      this.#depth--;
    }
  }

  /** The elements of several members, in the order of the fields. */
  members(fields: readonly Field[], value: Readonly<Record<string, unknown>>, where: string): string {
    return fields
      .map((field) => this.#member(field, value[field.member], `${where}.${field.member}`))
      .join("");
  }

  #member(field: Field, value: unknown, where: string): string {
    if (field.repeated) {
      if (value === undefined || value === null)
        return this.#absent({ ...pick(field), nillable: false }, where);
      const values = Array.isArray(value) && !isList(field.type) ? (value as unknown[]) : [value];
      return values.map((each, index) => this.element(field, each, `${where}[${index}]`)).join("");
    }
    if (value === undefined || (value === null && !field.nillable)) return this.#absent(field, where);
    if (Array.isArray(value) && !takesArray(field.type))
      throw inputFault(where, "is an array, but comes once at most");
    return this.element(field, value, where);
  }

  #absent(field: Pick<Field, "optional" | "nillable" | "name" | "namespace">, where: string): string {
    if (field.optional) return "";
    if (field.nillable) return `<${this.#tag(field.namespace, field.name)} xsi:nil="true"/>`;
    throw inputFault(where, "is missing, but the service requires it");
  }

  /** The type that a value has, and what is said of it in the message. */
  #typeOf(field: Field, value: unknown, where: string): { type: SchemaType; said: string } {
    const wanted = isObject(value) ? value[TYPE_MEMBER] : undefined;
    if (typeof wanted === "string") {
      const near = qualified(namespaceOf(field.type.qname ?? ""), wanted);
      const type =
        this.#schemas.type(wanted) ?? this.#schemas.type(near) ?? this.#schemas.typeNamedAnywhere(wanted);
      if (type === undefined) throw inputFault(`${where}.${TYPE_MEMBER}`, `names no type: "${wanted}"`);
      return { type, said: this.#typeName(type) };
    }
    if (field.type.kind === "complex" && field.type.abstract)
      throw inputFault(where, `needs a member "${TYPE_MEMBER}" with the name of its type`);
    if (isAnything(field.type) && !isObject(value) && !Array.isArray(value)) {
      const type = simpleType(nameOfScalar(value));
      return { type, said: this.#typeName(type) };
    }
    return { type: field.type, said: this.#encoded ? this.#typeName(field.type) : "" };
  }

  #typeName(type: SchemaType): string {
    return type.qname === undefined
      ? ""
      : this.#tag(namespaceOf(type.qname), type.qname.slice(type.qname.lastIndexOf("}") + 1));
  }

  #valueOf(type: SchemaType, value: unknown, where: string): { attributes: string; content: string } {
    if (type.kind === "simple")
      return { attributes: "", content: escapeText(this.#text(type, value, where)) };
    if (type.items !== undefined) return this.#arrayOf(type.items, value, where);
    if (type.text !== undefined && !isObject(value))
      return { attributes: "", content: escapeText(this.#text(type.text, value, where)) };
    if (!isObject(value))
      throw inputFault(where, `has to be an object with ${namesOf(type).join(", ") || "members"}`);
    this.#refuseUnknown(type, value, where);
    const attributes = type.attributes
      .filter(({ member }) => value[member] !== undefined && value[member] !== null)
      .map(({ member, name, namespace, type: simple }) => {
        const text = this.#text(simple, value[member], `${where}.${member}`);
        return ` ${this.#tag(namespace, name)}="${XmlWriter.attributeText(text)}"`;
      });
    const missing = type.attributes.find(
      ({ required, member }) => required && (value[member] ?? undefined) === undefined,
    );
    if (missing !== undefined)
      throw inputFault(`${where}.${missing.member}`, "is missing, but the service requires it");
    const text = type.text ?? (type.mixed ? simpleType("string") : undefined);
    const own = value[type.textMember];
    const content =
      text !== undefined && own !== undefined && own !== null
        ? escapeText(this.#text(text, own, `${where}.${type.textMember}`))
        : "";
    return {
      attributes: attributes.join(""),
      content: content + this.members(type.fields, value, where) + this.#others(type, value, where),
    };
  }

  #arrayOf(items: SchemaType, value: unknown, where: string): { attributes: string; content: string } {
    if (!Array.isArray(value)) throw inputFault(where, "has to be an array");
    const field: Field = {
      member: "item",
      name: "item",
      namespace: "",
      type: items,
      repeated: true,
      optional: true,
      nillable: true,
    };
    const name = this.#typeName(items) || "xsd:anyType";
    return {
      attributes: ` ${this.#tag(NS.encoding11, "arrayType")}="${name}[${value.length}]"`,
      content: value.map((each, index) => this.element(field, each, `${where}[${index}]`)).join(""),
    };
  }

  /** Elements that the type does not declare, but allows. */
  #others(type: ComplexType, value: Readonly<Record<string, unknown>>, where: string): string {
    if (!type.any) return "";
    const known = new Set(namesOf(type));
    return Object.entries(value)
      .filter(([name, each]) => !known.has(name) && name !== TYPE_MEMBER && each !== undefined)
      .map(([name, each]) => {
        const field =
          this.#schemas.element(name) ?? this.#schemas.elementNamed(name) ?? anything(name, where);
        const values = Array.isArray(each) ? (each as unknown[]) : [each];
        return values.map((one) => this.element(field, one, `${where}.${name}`)).join("");
      })
      .join("");
  }

  #refuseUnknown(type: ComplexType, value: Readonly<Record<string, unknown>>, where: string): void {
    if (type.any) return;
    const known = namesOf(type);
    const unknown = Object.keys(value).find((name) => name !== TYPE_MEMBER && !known.includes(name));
    if (unknown === undefined) return;
    const guess = nearest(unknown, known);
    throw inputFault(
      `${where}.${unknown}`,
      "is not known to the service",
      guess === undefined
        ? known.length === 0
          ? "Nothing is taken there."
          : `It takes: ${known.join(", ")}.`
        : `Did you mean "${guess}"?`,
    );
  }

  #text(type: SimpleType, value: unknown, where: string): string {
    const text = encodeSimple(type, value);
    if (text === INVALID)
      throw inputFault(where, `is no ${type.list ? "list of " : ""}${type.base}: ${shown(value)}`);
    const found = NO_XML.exec(text);
    if (found !== null) {
      const code = found[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0") ?? "";
      throw inputFault(where, `has the character U+${code}, which XML cannot carry`);
    }
    return text;
  }

  #tag(namespace: string, name: string): string {
    if (namespace === "") return name;
    let prefix = this.#prefixes.get(namespace);
    if (prefix === undefined) {
      prefix = `n${this.#prefixes.size - 2}`;
      this.#prefixes.set(namespace, prefix);
    }
    return `${prefix}:${name}`;
  }
}

function namesOf(type: ComplexType): string[] {
  return [
    ...type.fields.map(({ member }) => member),
    ...type.attributes.map(({ member }) => member),
    ...(type.text !== undefined || type.mixed ? [type.textMember] : []),
  ];
}

function pick({
  optional,
  nillable,
  name,
  namespace,
}: Field): Pick<Field, "optional" | "nillable" | "name" | "namespace"> {
  return { optional, nillable, name, namespace };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}

function isAnything(type: SchemaType): boolean {
  return (
    type.kind === "complex" && type.any && type.mixed && type.fields.length === 0 && type.items === undefined
  );
}

function isList(type: SchemaType): boolean {
  return type.kind === "simple" && type.list;
}

function takesArray(type: SchemaType): boolean {
  return isList(type) || (type.kind === "complex" && type.items !== undefined);
}

/** Type of XML Schema that a value has where anything is taken. */
function nameOfScalar(value: unknown): string {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "long" : "double";
  if (value instanceof Date) return "dateTime";
  return value instanceof Uint8Array ? "base64Binary" : "string";
}

function anything(name: string, where: string): Field {
  if (!/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name))
    throw inputFault(`${where}.${name}`, "is no name of an element");
  const type: ComplexType = {
    kind: "complex",
    name: "",
    qname: undefined,
    fields: [],
    attributes: [],
    text: undefined,
    textMember: "text",
    any: true,
    mixed: true,
    abstract: false,
    items: undefined,
  };
  return { member: name, name, namespace: "", type, repeated: false, optional: true, nillable: true };
}

function escapeText(text: string): string {
  if (!/[&<>\r]/.test(text)) return text;
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** A value for messages, but not where it might be a secret that was put in the wrong place. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value;
}

import { NS, qualified } from "../namespaces.ts";
import { childOf, referenceOf, resolveName, type XmlElement } from "../wsdl/xml-element.ts";
import { ANY_TYPE } from "./builtin-types.ts";
import { isTrue, type Declaration, type SchemaSet } from "./schema-set.ts";
import type { AttributeField, ComplexType, Field, SchemaType, SimpleType } from "./types.ts";

/** What a complex type is made of. */
export type Content = Pick<
  ComplexType,
  "fields" | "attributes" | "text" | "textMember" | "any" | "mixed" | "items"
>;

/** Groups within groups, at most: one that contains itself never ends. */
const DEEPEST_GROUP = 50;

interface Collected {
  fields: Field[];
  attributes: Omit<AttributeField, "member">[];
  any: boolean;
}

interface Particle {
  readonly repeated: boolean;
  readonly optional: boolean;
  readonly depth: number;
}

/** Works out what a `<complexType>` contains, with what it extends. Fails with MLR_SOURCE_FORMAT for references that lead nowhere. */
export function contentOf(declaration: Declaration, schemas: SchemaSet): Content {
  const { element, schema } = declaration;
  const mixed = isTrue(element.attributes.get("mixed"));
  const simple = childOf(element, NS.xsd, "simpleContent");
  if (simple !== undefined) return simpleContent({ element: simple, schema }, schemas);
  const complex = childOf(element, NS.xsd, "complexContent");
  if (complex === undefined) return finish(collect(declaration, schemas), { mixed });
  return complexContent(
    { element: complex, schema },
    schemas,
    mixed || isTrue(complex.attributes.get("mixed")),
  );
}

function derivation(element: XmlElement): XmlElement | undefined {
  return childOf(element, NS.xsd, "extension") ?? childOf(element, NS.xsd, "restriction");
}

function simpleContent({ element, schema }: Declaration, schemas: SchemaSet): Content {
  const derived = derivation(element) ?? element;
  const from = { element: derived, schema };
  const base = schemas.typeNamed(referenceOf(derived, "base"), from);
  const own = collect(from, schemas);
  if (base.kind === "simple") return finish(own, { mixed: false, text: base });
  own.attributes = mergeAttributes(base.attributes, own.attributes);
  return finish(own, { mixed: false, ...(base.text === undefined ? {} : { text: base.text }) });
}

function complexContent({ element, schema }: Declaration, schemas: SchemaSet, mixed: boolean): Content {
  const derived = derivation(element) ?? element;
  const from = { element: derived, schema };
  const baseName = referenceOf(derived, "base");
  const own = collect(from, schemas);
  const items = arrayItems(from, baseName, schemas, own);
  if (items !== undefined) return finish(own, { mixed: false, items });
  const base = schemas.typeNamed(baseName, from);
  if (base.kind === "simple") return finish(own, { mixed, text: base });
  own.attributes = mergeAttributes(base.attributes, own.attributes);
  if (derived.name === "extension") {
    own.fields = mergeFields([...base.fields, ...own.fields]);
    own.any ||= base.any;
  }
  return finish(own, {
    mixed: mixed || (base.mixed && base !== ANY_TYPE),
    ...(base.items === undefined ? {} : { items: base.items }),
    ...(base.text === undefined ? {} : { text: base.text }),
  });
}

/** Items of an array of SOAP's own encoding: said by `wsdl:arrayType`, or by the one element that it repeats. */
function arrayItems(
  from: Declaration,
  base: string | undefined,
  schemas: SchemaSet,
  own: Collected,
): SchemaType | undefined {
  if (base !== qualified(NS.encoding11, "Array") && base !== qualified(NS.encoding12, "Array"))
    return undefined;
  for (const child of from.element.children) {
    const written = child.attributes.get(qualified(NS.wsdl, "arrayType"));
    if (written === undefined) continue;
    const name = resolveName(
      written.replace(/\[[\d,\s]*\]$/, "").replace(/(\[[\d,\s]*\])+$/, ""),
      child.scope,
    );
    return schemas.typeNamed(name, { element: child, schema: from.schema });
  }
  return own.fields[0]?.type ?? ANY_TYPE;
}

function finish(
  { fields, attributes, any }: Collected,
  { mixed, text, items }: { mixed: boolean; text?: SimpleType; items?: SchemaType },
): Content {
  const taken = new Set(fields.map(({ member }) => member));
  const named = attributes.map((attribute) => {
    const member = taken.has(attribute.name) ? `@${attribute.name}` : attribute.name;
    return { ...attribute, member };
  });
  for (const { member } of named) taken.add(member);
  return {
    fields,
    attributes: named,
    text,
    textMember: taken.has("text") ? "#text" : "text",
    any,
    mixed,
    items,
  };
}

function collect(from: Declaration, schemas: SchemaSet): Collected {
  const collected: Collected = { fields: [], attributes: [], any: false };
  addParticles(from, schemas, collected, { repeated: false, optional: false, depth: 0 });
  addAttributes(from, schemas, collected, 0);
  collected.fields = mergeFields(collected.fields);
  return collected;
}

function addParticles(from: Declaration, schemas: SchemaSet, into: Collected, within: Particle): void {
  if (within.depth > DEEPEST_GROUP) return;
  for (const element of from.element.children) {
    if (element.namespace !== NS.xsd) continue;
    const max = element.attributes.get("maxOccurs")?.trim() ?? "1";
    if (max === "0") continue;
    const particle: Particle = {
      repeated: within.repeated || max === "unbounded" || Number(max) > 1,
      optional: within.optional || element.attributes.get("minOccurs")?.trim() === "0",
      depth: within.depth + 1,
    };
    const child = { element, schema: from.schema };
    switch (element.name) {
      case "sequence":
      case "all":
        addParticles(child, schemas, into, particle);
        break;
      case "choice":
        addParticles(child, schemas, into, { ...particle, optional: true });
        break;
      case "group":
        addParticles(schemas.require("group", referenceOf(element, "ref"), child), schemas, into, particle);
        break;
      case "element":
        into.fields.push(fieldOf(child, schemas, particle));
        break;
      case "any":
        into.any = true;
        break;
      default:
    }
  }
}

function fieldOf(declaration: Declaration, schemas: SchemaSet, { repeated, optional }: Particle): Field {
  const { element, schema } = declaration;
  const reference = element.attributes.has("ref");
  const target = reference
    ? schemas.require("element", referenceOf(element, "ref"), declaration)
    : declaration;
  const form = element.attributes.get("form") ?? schema.element.attributes.get("elementFormDefault");
  const name = target.element.attributes.get("name") ?? "";
  let type: SchemaType | undefined;
  return {
    member: name,
    name,
    namespace: reference ? target.schema.namespace : form === "qualified" ? schema.namespace : "",
    get type() {
      return (type ??= schemas.typeOfElement(target));
    },
    repeated,
    optional: optional || element.attributes.has("default"),
    nillable: isTrue(target.element.attributes.get("nillable")),
  };
}

/** Elements that stand in the type more than once are one field with several values. Names of two namespaces are told apart. */
function mergeFields(fields: readonly Field[]): Field[] {
  const merged = new Map<string, Field>();
  const members = new Set<string>();
  for (const field of fields) {
    const key = qualified(field.namespace, field.name);
    const before = merged.get(key);
    if (before !== undefined) {
      merged.set(
        key,
        withMember(before, before.member, { repeated: true, optional: before.optional && field.optional }),
      );
      continue;
    }
    const member = members.has(field.name) ? key : field.name;
    members.add(member);
    merged.set(key, withMember(field, member, {}));
  }
  return [...merged.values()];
}

function withMember(field: Field, member: string, over: { repeated?: boolean; optional?: boolean }): Field {
  return {
    member,
    name: field.name,
    namespace: field.namespace,
    get type() {
      return field.type;
    },
    repeated: over.repeated ?? field.repeated,
    optional: over.optional ?? field.optional,
    nillable: field.nillable,
  };
}

function addAttributes(from: Declaration, schemas: SchemaSet, into: Collected, depth: number): void {
  if (depth > DEEPEST_GROUP) return;
  for (const element of from.element.children) {
    if (element.namespace !== NS.xsd) continue;
    const child = { element, schema: from.schema };
    if (element.name === "attributeGroup") {
      const group = schemas.require("attributeGroup", referenceOf(element, "ref"), child);
      addAttributes(group, schemas, into, depth + 1);
    } else if (element.name === "attribute" && element.attributes.get("use") !== "prohibited") {
      const attribute = attributeOf(child, schemas);
      if (attribute !== undefined) into.attributes.push(attribute);
    }
  }
}

function attributeOf(
  declaration: Declaration,
  schemas: SchemaSet,
): Omit<AttributeField, "member"> | undefined {
  const { element, schema } = declaration;
  const required = element.attributes.get("use") === "required";
  const ref = referenceOf(element, "ref");
  if (element.attributes.has("ref")) {
    // Attributes such as xml:lang, xmime:contentType and soapenc:arrayType are declared nowhere in the documents.
    const target = ref === undefined ? undefined : schemas.find("attribute", ref);
    if (target === undefined) return undefined;
    const name = target.element.attributes.get("name") ?? "";
    return {
      name,
      namespace: target.schema.namespace,
      type: simpleOf(schemas.typeOfElement(target)),
      required,
    };
  }
  const form = element.attributes.get("form") ?? schema.element.attributes.get("attributeFormDefault");
  return {
    name: element.attributes.get("name") ?? "",
    namespace: form === "qualified" ? schema.namespace : "",
    type: simpleOf(schemas.typeOfElement(declaration)),
    required,
  };
}

function simpleOf(type: SchemaType): SimpleType {
  return type.kind === "simple"
    ? type
    : { kind: "simple", name: "string", qname: undefined, base: "string", list: false };
}

function mergeAttributes<A extends Omit<AttributeField, "member">>(
  base: readonly A[],
  own: readonly A[],
): A[] {
  const names = new Set(own.map(({ namespace, name }) => qualified(namespace, name)));
  return [...base.filter(({ namespace, name }) => !names.has(qualified(namespace, name))), ...own];
}

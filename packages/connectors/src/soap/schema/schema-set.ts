import { MillraceError } from "@millrace/core";
import { localOf, namespaceOf, NS, qualified } from "../namespaces.ts";
import { childOf, referenceOf, type XmlElement } from "../wsdl/xml-element.ts";
import { ANY_TYPE, builtInType, simpleType } from "./builtin-types.ts";
import { contentOf } from "./content.ts";
import type { ComplexType, Field, SchemaType, SimpleType } from "./types.ts";

/** One `<schema>`, and where it stands. */
export interface SchemaDocument {
  readonly element: XmlElement;
  /** The namespace that it declares; that of who includes it where it names none. */
  readonly namespace: string;
  /** File or address, for messages. */
  readonly where: string;
}

/** A declaration with the schema that it belongs to. */
export interface Declaration {
  readonly element: XmlElement;
  readonly schema: SchemaDocument;
}

/** What kinds of declarations have names of their own. */
export type DeclarationKind = "element" | "type" | "group" | "attributeGroup" | "attribute";

const KINDS: Readonly<Record<string, DeclarationKind>> = {
  element: "element",
  complexType: "type",
  simpleType: "type",
  group: "group",
  attributeGroup: "attributeGroup",
  attribute: "attribute",
};

/** All declarations of the schemas of a service; their types are worked out when they are wanted. */
export class SchemaSet {
  readonly #declared = new Map<string, Declaration>();
  readonly #namespaces = new Set<string>();
  readonly #types = new Map<XmlElement, SchemaType>();
  /** Simple types that are being worked out: one that is made of itself is refused. */
  readonly #resolving = new Set<XmlElement>();

  constructor(documents: readonly SchemaDocument[]) {
    for (const schema of documents) {
      this.#namespaces.add(schema.namespace);
      for (const element of schema.element.children) {
        const kind = element.namespace === NS.xsd ? KINDS[element.name] : undefined;
        const name = element.attributes.get("name");
        if (kind === undefined || name === undefined) continue;
        const key = `${kind} ${qualified(schema.namespace, name)}`;
        if (!this.#declared.has(key)) this.#declared.set(key, { element, schema });
      }
    }
  }

  /** The declaration of a name; undefined where there is none. */
  find(kind: DeclarationKind, qname: string): Declaration | undefined {
    return this.#declared.get(`${kind} ${qname}`);
  }

  /** The declaration that `from` refers to. Fails with MLR_SOURCE_FORMAT where there is none. */
  require(kind: DeclarationKind, qname: string | undefined, from: Declaration): Declaration {
    const found = qname === undefined ? undefined : this.find(kind, qname);
    if (found === undefined) throw this.missing(kind, qname, from);
    return found;
  }

  /** A global element as a field; undefined where there is none. */
  element(qname: string): Field | undefined {
    const declaration = this.find("element", qname);
    if (declaration === undefined) return undefined;
    const { element } = declaration;
    const name = localOf(qname);
    const typeOf = (): SchemaType => this.typeOfElement(declaration);
    return {
      member: name,
      name,
      namespace: namespaceOf(qname),
      get type() {
        return typeOf();
      },
      repeated: false,
      optional: false,
      nillable: isTrue(element.attributes.get("nillable")),
    };
  }

  /** The global element of a name in whatever namespace; undefined where there is none, or several. */
  elementNamed(name: string): Field | undefined {
    const qname = this.#anywhere("element", name);
    return qname === undefined ? undefined : this.element(qname);
  }

  /** The type of a name in whatever namespace; undefined where there is none, or several. */
  typeNamedAnywhere(name: string): SchemaType | undefined {
    const qname = this.#anywhere("type", name);
    return qname === undefined ? undefined : this.type(qname);
  }

  /** The element that a global element may stand in for; undefined where it stands for itself alone. */
  headOf(qname: string): string | undefined {
    const element = this.find("element", qname)?.element;
    return element === undefined ? undefined : referenceOf(element, "substitutionGroup");
  }

  /** A type by name, also one of XML Schema itself; undefined where there is none. */
  type(qname: string): SchemaType | undefined {
    const declaration = this.find("type", qname);
    return declaration === undefined ? builtInType(qname) : this.#compile(declaration);
  }

  /** The type of an element or attribute that is declared: named, in place, or that of what it may stand in for. */
  typeOfElement(declaration: Declaration): SchemaType {
    const { element, schema } = declaration;
    if (element.attributes.has("type")) return this.typeNamed(referenceOf(element, "type"), declaration);
    const inPlace = childOf(element, NS.xsd, "complexType") ?? childOf(element, NS.xsd, "simpleType");
    if (inPlace !== undefined) return this.#compile({ element: inPlace, schema });
    const head = referenceOf(element, "substitutionGroup");
    if (head !== undefined) return this.element(head)?.type ?? ANY_TYPE;
    return element.name === "attribute" ? simpleType("string") : ANY_TYPE;
  }

  /** The type that `from` names. Fails with MLR_SOURCE_FORMAT where there is none. */
  typeNamed(qname: string | undefined, from: Declaration): SchemaType {
    const type = qname === undefined ? undefined : this.type(qname);
    if (type === undefined) throw this.missing("type", qname, from);
    return type;
  }

  /** The simple type that a declaration in place is. Fails with MLR_SOURCE_FORMAT. */
  simple(declaration: Declaration): SimpleType {
    const { element, schema } = declaration;
    if (this.#resolving.has(element)) throw this.#fault(declaration, "is made of itself");
    this.#resolving.add(element);
    try {
      const name = element.attributes.get("name") ?? "";
      const qname = name === "" ? undefined : qualified(schema.namespace, name);
      const { base, list } = this.#simpleBase(declaration);
      return { kind: "simple", name: name === "" ? base : name, qname, base, list };
    } finally {
      this.#resolving.delete(element);
    }
  }

  /** What to say where a reference leads nowhere. */
  missing(kind: DeclarationKind, qname: string | undefined, { element, schema }: Declaration): MillraceError {
    const namespace = namespaceOf(qname ?? "");
    const written =
      element.attributes.get("ref") ?? element.attributes.get("type") ?? element.attributes.get("base");
    const known = this.#namespaces.has(namespace);
    return new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${schema.where}, line ${element.line}: the ${kind === "attributeGroup" ? "attribute group" : kind} ${
        qname === undefined
          ? `"${written ?? ""}"`
          : `"${localOf(qname)}" of ${namespace === "" ? "no namespace" : namespace}`
      } is not declared anywhere`,
      {
        hint: known
          ? "The description of the service is incomplete or has a mistake: tell whoever runs the service."
          : `No schema of that namespace was imported. If you have it as a file, say so with \`imports: { "${namespace}": "schemas/file.xsd" }\`.`,
        details: { namespace, name: localOf(qname ?? written ?? "") },
      },
    );
  }

  #anywhere(kind: DeclarationKind, name: string): string | undefined {
    const found = [...this.#namespaces]
      .map((namespace) => qualified(namespace, name))
      .filter((qname) => this.find(kind, qname) !== undefined);
    return found.length === 1 ? found[0] : undefined;
  }

  #compile(declaration: Declaration): SchemaType {
    const known = this.#types.get(declaration.element);
    if (known !== undefined) return known;
    const type =
      declaration.element.name === "simpleType" ? this.simple(declaration) : this.#complex(declaration);
    this.#types.set(declaration.element, type);
    return type;
  }

  /** Types may contain themselves: their members are worked out when they are first asked for. */
  #complex(declaration: Declaration): ComplexType {
    const { element, schema } = declaration;
    const name = element.attributes.get("name") ?? "";
    let content: ReturnType<typeof contentOf> | undefined;
    let working = false;
    const get = (): ReturnType<typeof contentOf> => {
      if (content !== undefined) return content;
      if (working) throw this.#fault(declaration, "extends itself");
      working = true;
      try {
        return (content = contentOf(declaration, this));
      } finally {
        working = false;
      }
    };
    return {
      kind: "complex",
      name,
      qname: name === "" ? undefined : qualified(schema.namespace, name),
      abstract: isTrue(element.attributes.get("abstract")),
      get fields() {
        return get().fields;
      },
      get attributes() {
        return get().attributes;
      },
      get text() {
        return get().text;
      },
      get textMember() {
        return get().textMember;
      },
      get any() {
        return get().any;
      },
      get mixed() {
        return get().mixed;
      },
      get items() {
        return get().items;
      },
    };
  }

  #simpleBase(declaration: Declaration): { base: string; list: boolean } {
    const { element, schema } = declaration;
    const restriction = childOf(element, NS.xsd, "restriction");
    if (restriction !== undefined) return this.#simpleOf({ element: restriction, schema }, "base");
    const list = childOf(element, NS.xsd, "list");
    if (list !== undefined)
      return { base: this.#simpleOf({ element: list, schema }, "itemType").base, list: true };
    const union = childOf(element, NS.xsd, "union");
    if (union !== undefined) return this.#unionOf({ element: union, schema });
    return { base: "string", list: false };
  }

  #simpleOf(declaration: Declaration, attribute: string): { base: string; list: boolean } {
    const { element, schema } = declaration;
    if (element.attributes.has(attribute)) {
      const type = this.typeNamed(referenceOf(element, attribute), declaration);
      return type.kind === "simple" ? type : (type.text ?? { base: "string", list: false });
    }
    const inPlace = childOf(element, NS.xsd, "simpleType");
    return inPlace === undefined
      ? { base: "string", list: false }
      : this.simple({ element: inPlace, schema });
  }

  /** A union is what its members are where they are all alike, and text otherwise. */
  #unionOf(declaration: Declaration): { base: string; list: boolean } {
    const { element, schema } = declaration;
    const named = (element.attributes.get("memberTypes") ?? "").split(/\s+/).filter((name) => name !== "");
    const members = [
      ...named.map((name) =>
        this.#simpleOf(
          { element: { ...element, attributes: new Map([["memberType", name]]) }, schema },
          "memberType",
        ),
      ),
      ...element.children
        .filter((child) => child.namespace === NS.xsd && child.name === "simpleType")
        .map((child) => this.simple({ element: child, schema })),
    ];
    const [first] = members;
    const alike =
      first !== undefined && members.every(({ base, list }) => base === first.base && list === first.list);
    return alike ? first : { base: "string", list: false };
  }

  #fault({ element, schema }: Declaration, what: string): MillraceError {
    const name = element.attributes.get("name") ?? "";
    return new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${schema.where}, line ${element.line}: type "${name}" ${what}`,
      {
        hint: "The description of the service has a mistake: tell whoever runs the service.",
      },
    );
  }
}

/** Whether an attribute of type boolean says yes. */
export function isTrue(value: string | undefined): boolean {
  const trimmed = value?.trim();
  return trimmed === "true" || trimmed === "1";
}

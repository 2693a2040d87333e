import { MillraceError, nearest } from "@millrace/core";
import { ANY_TYPE } from "../schema/builtin-types.ts";
import { SchemaSet, type Declaration, type SchemaDocument } from "../schema/schema-set.ts";
import type { ComplexType, Field } from "../schema/types.ts";
import { localOf, NS, qualified } from "../namespaces.ts";
import { childOf, childrenOf, referenceOf, type XmlElement } from "./xml-element.ts";

/** One document of a description. */
export interface WsdlDocument {
  readonly element: XmlElement;
  /** File or address, for messages. */
  readonly where: string;
}

/** What is in the body of a message. */
export interface MessageShape {
  /** Its elements; most often one. */
  readonly elements: readonly Field[];
  /** What the element is called does not count: that is so in the style of RPC. */
  readonly unnamed: boolean;
}

/** A call that a service offers over SOAP. */
export interface Operation {
  readonly name: string;
  readonly service: string;
  readonly port: string;
  readonly endpoint: string;
  readonly version: "1.1" | "1.2";
  readonly action: string;
  readonly style: "document" | "rpc";
  /** Values say their types themselves, by the rules of SOAP's own encoding. */
  readonly encoded: boolean;
  readonly documentation: string;
  readonly input: MessageShape;
  /** Undefined: nothing is answered. */
  readonly output: MessageShape | undefined;
  /** Headers that it takes. */
  readonly headers: readonly Field[];
}

interface Where {
  readonly element: XmlElement;
  readonly document: WsdlDocument;
}

/** What a WSDL describes. Fails with MLR_SOURCE_FORMAT where parts that are wanted are missing. */
export class ServiceDescription {
  readonly schemas: SchemaSet;
  readonly operations: readonly Operation[];
  readonly #named = new Map<string, Where>();
  readonly #documents: readonly WsdlDocument[];

  constructor(documents: readonly WsdlDocument[], schemas: readonly SchemaDocument[]) {
    this.#documents = documents;
    this.schemas = new SchemaSet(schemas);
    for (const document of documents) {
      const namespace = document.element.attributes.get("targetNamespace") ?? "";
      for (const element of document.element.children) {
        const name = element.attributes.get("name");
        if (element.namespace === NS.wsdl && name !== undefined)
          this.#named.set(`${element.name} ${qualified(namespace, name)}`, { element, document });
      }
    }
    this.operations = this.#allOperations();
  }

  /** The operation of a name. Fails with MLR_ARGUMENT_INVALID, and tells what there is. */
  operation(
    name: string,
    wanted: { readonly service?: string | undefined; readonly port?: string | undefined },
  ): Operation {
    const { service, port } = wanted;
    const fitting = this.operations.filter(
      (each) =>
        (service === undefined || each.service === service) && (port === undefined || each.port === port),
    );
    const found = fitting.filter((each) => each.name === name);
    const services = [...new Set(found.map((each) => each.service))];
    if (services.length > 1) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `soap(): several services have an operation "${name}"`,
        {
          hint: `Say which with \`service\`: ${services.join(", ")}.`,
          details: { operation: name, services },
        },
      );
    }
    const [first] = found;
    if (first !== undefined) return first;
    const names = [...new Set(fitting.map((each) => each.name))];
    const guess = nearest(name, names);
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `soap(): the service has no operation "${name}"${service === undefined ? "" : ` in service "${service}"`}${
        port === undefined ? "" : ` at port "${port}"`
      }`,
      {
        hint:
          guess === undefined
            ? names.length === 0
              ? "Its description has no operation over SOAP there: check `service` and `port`."
              : `There are: ${names.slice(0, 50).join(", ")}.`
            : `Did you mean "${guess}"?`,
        details: { operation: name },
      },
    );
  }

  #allOperations(): Operation[] {
    const operations: Operation[] = [];
    for (const document of this.#documents) {
      for (const service of childrenOf(document.element, NS.wsdl, "service")) {
        for (const port of childrenOf(service, NS.wsdl, "port"))
          operations.push(...this.#operationsOf(service, { element: port, document }));
      }
    }
    return operations;
  }

  #operationsOf(service: XmlElement, port: Where): Operation[] {
    const address =
      childOf(port.element, NS.wsdlSoap11, "address") ?? childOf(port.element, NS.wsdlSoap12, "address");
    if (address === undefined) return [];
    const binding = this.#require("binding", "binding", port);
    const protocol = childOf(binding.element, address.namespace, "binding");
    if (protocol === undefined) return [];
    const portType = this.#require("portType", "type", binding);
    return childrenOf(binding.element, NS.wsdl, "operation").map((element) =>
      this.#operation(
        { element, document: binding.document },
        {
          service: service.attributes.get("name") ?? "",
          port: port.element.attributes.get("name") ?? "",
          endpoint: address.attributes.get("location")?.trim() ?? "",
          protocol,
          portType,
        },
      ),
    );
  }

  #operation(
    bound: Where,
    at: { service: string; port: string; endpoint: string; protocol: XmlElement; portType: Where },
  ): Operation {
    const { protocol, portType } = at;
    const name = bound.element.attributes.get("name") ?? "";
    const own = childOf(bound.element, protocol.namespace, "operation");
    const abstract = childrenOf(portType.element, NS.wsdl, "operation").find(
      (each) => each.attributes.get("name") === name,
    );
    if (abstract === undefined)
      throw this.#fault(
        bound,
        `operation "${name}" is not in the port type "${portType.element.attributes.get("name") ?? ""}"`,
      );
    const styleText = own?.attributes.get("style") ?? protocol.attributes.get("style") ?? "document";
    const style = styleText === "rpc" ? "rpc" : "document";
    const description = {
      bound,
      abstract: { element: abstract, document: portType.document },
      protocol,
      style,
      name,
    } as const;
    const body = bodyOf(childOf(bound.element, NS.wsdl, "input"), protocol.namespace);
    // Types are worked out when they are wanted, so that one broken operation does not stand in the way of the others.
    const lazy = memo(() => this.#messages(description));
    return {
      name,
      service: at.service,
      port: at.port,
      endpoint: at.endpoint,
      version: protocol.namespace === NS.wsdlSoap12 ? "1.2" : "1.1",
      action: own?.attributes.get("soapAction") ?? "",
      style,
      encoded: body?.attributes.get("use") === "encoded",
      documentation: (childOf(abstract, NS.wsdl, "documentation")?.text ?? "").replaceAll(/\s+/g, " ").trim(),
      get input() {
        return lazy().input;
      },
      get output() {
        return lazy().output;
      },
      get headers() {
        return lazy().headers;
      },
    };
  }

  #messages(description: Described): Pick<Operation, "input" | "output" | "headers"> {
    const input = this.#shape(description, "input");
    if (input === undefined)
      throw this.#fault(description.bound, `operation "${description.name}" takes no message`);
    return { input, output: this.#shape(description, "output"), headers: this.#headers(description) };
  }

  #shape(
    { bound, abstract, protocol, style, name }: Described,
    direction: "input" | "output",
  ): MessageShape | undefined {
    const declared = childOf(abstract.element, NS.wsdl, direction);
    if (declared === undefined) return undefined;
    const message = this.#require("message", "message", { element: declared, document: abstract.document });
    const body = bodyOf(childOf(bound.element, NS.wsdl, direction), protocol.namespace);
    const wanted = body?.attributes
      .get("parts")
      ?.split(/\s+/)
      .filter((part) => part !== "");
    const parts = childrenOf(message.element, NS.wsdl, "part").filter(
      (part) => wanted === undefined || wanted.includes(part.attributes.get("name") ?? ""),
    );
    const headers = new Set(this.#headerParts({ bound, protocol }, direction));
    const inBody = wanted === undefined ? parts.filter((part) => !headers.has(part)) : parts;
    const fields = inBody.map((part) => this.#partField({ element: part, document: message.document }));
    if (style === "document") return { elements: fields, unnamed: false };
    const type: ComplexType = { ...ANY_TYPE, name, qname: undefined, fields, mixed: false };
    return {
      unnamed: true,
      elements: [
        {
          member: name,
          name: direction === "input" ? name : `${name}Response`,
          namespace: body?.attributes.get("namespace") ?? "",
          type,
          repeated: false,
          optional: false,
          nillable: false,
        },
      ],
    };
  }

  /** A part that names an element is that element; one that names a type is an element of the part's name without namespace. */
  #partField(part: Where): Field {
    const from = this.#declarationOf(part);
    const element = referenceOf(part.element, "element");
    if (part.element.attributes.has("element")) {
      const field = element === undefined ? undefined : this.schemas.element(element);
      if (field === undefined) throw this.schemas.missing("element", element, from);
      return field;
    }
    const name = part.element.attributes.get("name") ?? "";
    return {
      member: name,
      name,
      namespace: "",
      type: this.schemas.typeNamed(referenceOf(part.element, "type"), from),
      repeated: false,
      optional: true,
      nillable: true,
    };
  }

  #headers(description: Described): Field[] {
    return this.#headerParts(description, "input").map((part) =>
      this.#partField({ element: part, document: description.bound.document }),
    );
  }

  #headerParts(
    { bound, protocol }: Pick<Described, "bound" | "protocol">,
    direction: "input" | "output",
  ): XmlElement[] {
    const side = childOf(bound.element, NS.wsdl, direction);
    const headers = side === undefined ? [] : extensions(side, protocol.namespace, "header");
    return headers.flatMap((header) => {
      const message = this.#require("message", "message", { element: header, document: bound.document });
      return childrenOf(message.element, NS.wsdl, "part").filter(
        (part) => part.attributes.get("name") === header.attributes.get("part"),
      );
    });
  }

  #require(kind: string, attribute: string, from: Where): Where {
    const name = referenceOf(from.element, attribute);
    const found = name === undefined ? undefined : this.#named.get(`${kind} ${name}`);
    if (found === undefined) {
      const shown = name === undefined ? (from.element.attributes.get(attribute) ?? "") : localOf(name);
      throw this.#fault(from, `the ${kind} "${shown}" is not declared anywhere`);
    }
    return found;
  }

  #declarationOf({ element, document }: Where): Declaration {
    return { element, schema: { element, namespace: "", where: document.where } };
  }

  #fault({ element, document }: Where, what: string): MillraceError {
    return new MillraceError("MLR_SOURCE_FORMAT", `${document.where}, line ${element.line}: ${what}`, {
      hint: "The description of the service is incomplete or has a mistake: tell whoever runs the service.",
    });
  }
}

interface Described {
  readonly bound: Where;
  readonly abstract: Where;
  readonly protocol: XmlElement;
  readonly style: "document" | "rpc";
  readonly name: string;
}

/** What SOAP says of one side of an operation, also within the parts of a message with attachments. */
function extensions(side: XmlElement, namespace: string, name: string): XmlElement[] {
  const related = childOf(side, NS.wsdlMime, "multipartRelated");
  const places = related === undefined ? [side] : [side, ...childrenOf(related, NS.wsdlMime, "part")];
  return places.flatMap((place) => childrenOf(place, namespace, name));
}

function bodyOf(side: XmlElement | undefined, namespace: string): XmlElement | undefined {
  return side === undefined ? undefined : extensions(side, namespace, "body")[0];
}

function memo<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

import { MillraceError } from "@millrace/core";
import { pieceDecoder } from "../../shared/files/text-decoder.ts";
import { xmlEncoding } from "../message/xml-encoding.ts";
import { NS } from "../namespaces.ts";
import { BUILT_IN_NAMESPACES } from "../schema/builtin-types.ts";
import type { SchemaDocument } from "../schema/schema-set.ts";
import type { Places } from "./places.ts";
import { ServiceDescription, type WsdlDocument } from "./service.ts";
import { parseXml, type XmlElement } from "./xml-element.ts";

/** More documents than any service has. */
const MOST_DOCUMENTS = 500;

/** Reads a document of a description. */
export type FetchDocument = (
  location: URL,
) => Promise<{ readonly bytes: Buffer; readonly contentType?: string }>;

/** Where a description is read from, and within which limits. */
export interface DescriptionPlaces {
  readonly places: Places;
  readonly fetch: FetchDocument;
  /** Bytes of all documents together. */
  readonly maxBytes: number;
}

/**
 * Reads a WSDL with everything that it imports and includes. Fails with MLR_SOURCE_NOT_FOUND where a document is missing,
 * MLR_SOURCE_DENIED where it lies elsewhere, MLR_SOURCE_LIMIT where it is too large, MLR_SOURCE_FORMAT where it is no WSDL.
 */
export async function loadDescription(from: DescriptionPlaces): Promise<ServiceDescription> {
  const loader = new Loader(from);
  await loader.wsdl(from.places.root, undefined);
  return new ServiceDescription(loader.wsdls, loader.schemas);
}

interface Wanted {
  /** The document that asks for it; undefined for the first. */
  readonly by: string;
  readonly location: string;
}

class Loader {
  readonly wsdls: WsdlDocument[] = [];
  readonly schemas: SchemaDocument[] = [];
  readonly #from: DescriptionPlaces;
  readonly #parsed = new Map<string, XmlElement>();
  readonly #seen = new Set<string>();
  #bytes = 0;

  constructor(from: DescriptionPlaces) {
    this.#from = from;
  }

  async wsdl(location: URL, wanted: Wanted | undefined): Promise<void> {
    if (this.#isSeen(`wsdl ${location.href}`)) return;
    const element = await this.#document(location, wanted);
    const where = this.#from.places.show(location);
    // Some descriptions import a schema as if it were a WSDL.
    if (wanted !== undefined && element.namespace === NS.xsd && element.name === "schema")
      return this.#schema(element, location, element.attributes.get("targetNamespace") ?? "");
    requireWsdl(element, where);
    this.wsdls.push({ element, where });
    for (const child of element.children) {
      if (child.namespace !== NS.wsdl) continue;
      if (child.name === "import") await this.#importWsdl(child, location, where);
      if (child.name === "types") await this.#types(child, location);
    }
  }

  async #importWsdl(element: XmlElement, base: URL, by: string): Promise<void> {
    const written = element.attributes.get("location");
    if (written === undefined) return;
    const wanted = { by, location: written };
    await this.wsdl(
      this.#from.places.resolve(written, base, { by, namespace: element.attributes.get("namespace") }),
      wanted,
    );
  }

  async #types(types: XmlElement, location: URL): Promise<void> {
    for (const schema of types.children) {
      if (schema.namespace === NS.xsd && schema.name === "schema")
        await this.#schema(schema, location, schema.attributes.get("targetNamespace") ?? "");
    }
  }

  /** Takes a schema and what it refers to. `namespace` is that of the schema that includes it, where it has none of its own. */
  async #schema(element: XmlElement, location: URL, namespace: string): Promise<void> {
    const where = this.#from.places.show(location);
    this.schemas.push({ element, namespace, where });
    for (const child of element.children) {
      if (child.namespace !== NS.xsd) continue;
      if (child.name === "redefine" || child.name === "override") {
        throw new MillraceError(
          "MLR_SOURCE_FORMAT",
          `${where}, line ${child.line}: <${child.name}> is not supported`,
          {
            hint: "Write a copy of the schema with the changes made, and say so with `imports`.",
          },
        );
      }
      if (child.name === "import" || child.name === "include")
        await this.#referred(child, { location, where, namespace });
    }
  }

  async #referred(
    reference: XmlElement,
    { location, where, namespace }: { location: URL; where: string; namespace: string },
  ): Promise<void> {
    const imported = reference.name === "import" ? (reference.attributes.get("namespace") ?? "") : undefined;
    if (imported !== undefined && BUILT_IN_NAMESPACES.has(imported)) return;
    const written = reference.attributes.get("schemaLocation");
    const target = this.#targetOf(reference, imported, { location, where });
    if (target === undefined) return;
    const adopted = imported === undefined ? namespace : "";
    if (this.#isSeen(`schema ${adopted} ${target.href}`)) return;
    const element = await this.#document(target, { by: where, location: written ?? imported ?? "" });
    if (element.namespace === NS.wsdl && element.name === "definitions") return this.wsdl(target, undefined);
    requireSchema(element, this.#from.places.show(target), where);
    await this.#schema(element, target, element.attributes.get("targetNamespace") ?? adopted);
  }

  /** An import without a place is of a schema that stands elsewhere in the description, or that the options name. */
  #targetOf(
    reference: XmlElement,
    namespace: string | undefined,
    { location, where }: { location: URL; where: string },
  ): URL | undefined {
    const { places } = this.#from;
    const written = reference.attributes.get("schemaLocation");
    if (written === undefined) return places.given(namespace);
    return places.resolve(written, location, { by: where, namespace });
  }

  #isSeen(key: string): boolean {
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }

  async #document(location: URL, wanted: Wanted | undefined): Promise<XmlElement> {
    const known = this.#parsed.get(location.href);
    if (known !== undefined) return known;
    const { places, maxBytes } = this.#from;
    const where = places.show(location);
    const { bytes, contentType } = await this.#fetch(location, wanted);
    this.#bytes += bytes.length;
    if (this.#bytes > maxBytes || this.#parsed.size >= MOST_DOCUMENTS) {
      throw new MillraceError(
        "MLR_SOURCE_LIMIT",
        `${places.show(places.root)} and what it imports are more than ${
          this.#bytes > maxBytes ? `${maxBytes} bytes` : `${MOST_DOCUMENTS} documents`
        }`,
        { hint: "Raise the option `maxWsdlBytes` if the service is that large." },
      );
    }
    const element = parseXml(decode(bytes, contentType, where), where);
    this.#parsed.set(location.href, element);
    return element;
  }

  async #fetch(location: URL, wanted: Wanted | undefined): ReturnType<FetchDocument> {
    try {
      return await this.#from.fetch(location);
    } catch (error) {
      if (wanted === undefined || !(error instanceof MillraceError)) throw error;
      throw new MillraceError(
        error.code,
        `${wanted.by} imports ${wanted.location}, which cannot be read: ${error.message}`,
        {
          hint: `If you have it as a file, say so with \`imports: { "${wanted.location}": "schemas/file.xsd" }\`.`,
          details: error.details,
          retry: error.retry,
          cause: error,
        },
      );
    }
  }
}

function decode(bytes: Buffer, contentType: string | undefined, where: string): string {
  const encoding = xmlEncoding(bytes, contentType);
  if (encoding === undefined)
    throw new MillraceError("MLR_SOURCE_FORMAT", `${where} is in an encoding that is not known`, {
      hint: "Save it as UTF-8.",
    });
  const decoder = pieceDecoder({ encoding, onInvalid: "error", file: where, offset: 0 });
  return decoder.decode(bytes.subarray(encoding.skip)) + decoder.end();
}

function requireSchema({ namespace, name }: XmlElement, shown: string, by: string): void {
  if (namespace === NS.xsd && name === "schema") return;
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${shown}, imported by ${by}, is no XML schema: it begins with <${name}>`,
    { hint: "Check the address, or name the right file with `imports`." },
  );
}

function requireWsdl(element: XmlElement, where: string): void {
  if (element.namespace === NS.wsdl && element.name === "definitions") return;
  const newer = element.namespace === NS.wsdl2 && element.name === "description";
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    newer
      ? `${where} is a WSDL 2.0, which is not read`
      : `${where} is no WSDL: it begins with <${element.name}>`,
    {
      hint: newer
        ? "Ask for the description as WSDL 1.1, which most services have too."
        : "The address of a description most often ends in ?wsdl; check it, and what it needs to log in.",
    },
  );
}

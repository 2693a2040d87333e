import { parseOptions, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { xmlOptions, type XmlOptions } from "./options.ts";
import { compileRowPath } from "./row-path.ts";

export type { XmlOptions } from "./options.ts";

/**
 * Rows of XML files of any size: each element that `rows` names is one. Its attributes and child elements are columns;
 * nested ones become JSON, repeated ones arrays. Values are text, so that the types of the columns are inferred from what
 * they look like. Entities that a document defines are refused. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example xml({ path: "data/books.xml", rows: "/catalog/book" })
 */
export function xml(options: XmlOptions): Source {
  const resolved = parseOptions(xmlOptions, options, "xml()");
  const isRow = compileRowPath(resolved.rows);
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, ...decisive } = resolved;
  return fileSource({
    kind: "xml",
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: { untyped: true },
    grows: false,
    async *read(file, context) {
      const { readXml } = await import("./read-xml.ts");
      yield* readXml(file, { ...resolved, isRow }, context);
    },
  });
}

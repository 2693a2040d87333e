/** Namespaces that messages and their descriptions are written in. */
export const NS = {
  wsdl: "http://schemas.xmlsoap.org/wsdl/",
  wsdl2: "http://www.w3.org/ns/wsdl",
  wsdlSoap11: "http://schemas.xmlsoap.org/wsdl/soap/",
  wsdlSoap12: "http://schemas.xmlsoap.org/wsdl/soap12/",
  wsdlMime: "http://schemas.xmlsoap.org/wsdl/mime/",
  xsd: "http://www.w3.org/2001/XMLSchema",
  xsi: "http://www.w3.org/2001/XMLSchema-instance",
  xml: "http://www.w3.org/XML/1998/namespace",
  soap11: "http://schemas.xmlsoap.org/soap/envelope/",
  soap12: "http://www.w3.org/2003/05/soap-envelope",
  encoding11: "http://schemas.xmlsoap.org/soap/encoding/",
  encoding12: "http://www.w3.org/2003/05/soap-encoding",
  xop: "http://www.w3.org/2004/08/xop/include",
  xmlMime: "http://www.w3.org/2005/05/xmlmime",
  swaRef: "http://ws-i.org/profiles/basic/1.1/xsd",
  wsse: "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
  wsu: "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
} as const;

/** A name with its namespace as one text: `{urn:shop}Order`, or `Order` where it has none. */
export function qualified(namespace: string, name: string): string {
  return namespace === "" ? name : `{${namespace}}${name}`;
}

/** The name alone of what `qualified` made. */
export function localOf(qname: string): string {
  return qname.slice(qname.lastIndexOf("}") + 1);
}

/** The namespace of what `qualified` made. */
export function namespaceOf(qname: string): string {
  return qname.startsWith("{") ? qname.slice(1, qname.lastIndexOf("}")) : "";
}

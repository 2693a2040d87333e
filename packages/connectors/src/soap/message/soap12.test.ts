import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer, envelope } from "../../../test/soap/envelope.ts";
import { readAll } from "../../../test/soap/read.ts";
import { plainServer, type SoapServer } from "../../../test/soap/server.ts";
import { soapCall, soapOperations } from "../index.ts";

const WSDL = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:ref="http://ws-i.org/profiles/basic/1.1/xsd" xmlns:t="urn:files" targetNamespace="urn:files">
  <types><xs:schema targetNamespace="urn:files" elementFormDefault="qualified">
    <xs:import namespace="http://ws-i.org/profiles/basic/1.1/xsd"/>
    <xs:element name="List"><xs:complexType><xs:sequence><xs:element name="folder" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
    <xs:element name="ListResponse"><xs:complexType><xs:sequence>
      <xs:element name="file" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
        <xs:element name="name" type="xs:string"/><xs:element name="content" type="ref:swaRef" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
  </xs:schema></types>
  <message name="In"><part name="body" element="t:List"/></message>
  <message name="Out"><part name="body" element="t:ListResponse"/></message>
  <portType name="Files"><operation name="List"><input message="t:In"/><output message="t:Out"/></operation></portType>
  <binding name="Files" type="t:Files"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="List"><soap:operation soapAction="urn:files#List"/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation></binding>
  <service name="Files"><port name="Files" binding="t:Files"><soap:address location="http://127.0.0.1:1/"/></port></service>
</definitions>`;

const listed = (files: string): string => `<ListResponse xmlns="urn:files">${files}</ListResponse>`;
const file = (name: string, content = ""): string => `<file><name>${name}</name>${content}</file>`;

let folder: string;
let server: SoapServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-soap-"));
  await writeFile(path.join(folder, "files.wsdl"), WSDL);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

const service = (): { wsdl: string; endpoint: string } => ({
  wsdl: path.join(folder, "files.wsdl"),
  endpoint: server?.url ?? "http://127.0.0.1:1",
});

test("a service with a binding to SOAP 1.2 is called in its words", async () => {
  server = await plainServer((_received, response) =>
    answer(response, listed(file("a.txt") + file("b.txt")), { version: "1.2" }),
  );
  expect(await soapOperations(service())).toMatchObject([{ operation: "List", port: "Files" }]);
  const result = await soapCall({ ...service(), operation: "List", input: { folder: "x&y" } });
  expect(result).toEqual({ file: [{ name: "a.txt" }, { name: "b.txt" }] });
  const [sent] = server.received;
  // The action is a parameter of the content type; a SOAPAction header belongs to 1.1.
  expect(sent?.headers["content-type"]).toBe('application/soap+xml; charset=utf-8; action="urn:files#List"');
  expect(sent?.headers["soapaction"]).toBeUndefined();
  expect(sent?.body).toContain('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"');
  expect(sent?.body).toMatch(/<(\w+):List><\1:folder>x&amp;y<\/\1:folder><\/\1:List>/);
});

test("values that refer to attachments (swaRef) are their bytes, and a row whose attachment is missing is rejected", async () => {
  const bytes = Buffer.from([0, 13, 10, 45, 45, 255]);
  const message = listed(
    file("a.bin", "<content>cid:one@x</content>") +
      file("b.bin") +
      file("c.bin", "<content>cid:two@x</content>"),
  );
  server = await plainServer((_received, response) => {
    response.writeHead(200, {
      "content-type": 'multipart/related; type="application/soap+xml"; boundary=cut; start="<root@x>"',
    });
    response.write(
      `--cut\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-ID: <root@x>\r\n\r\n${envelope(message, "1.2")}\r\n`,
    );
    response.write("--cut\r\nContent-Type: application/octet-stream\r\nContent-ID: <one@x>\r\n\r\n");
    response.write(bytes);
    response.end("\r\n--cut--\r\n");
  });
  const { rows, rejected } = await readAll({ ...service(), operation: "List", input: { folder: "x" } });
  expect(rows).toEqual([{ name: "a.bin", content: new Uint8Array(bytes) }, { name: "b.bin" }]);
  expect(rejected.map(({ message: why }) => why)).toEqual([
    expect.stringContaining('the attachment "two@x" is missing'),
  ]);
});

import path from "node:path";
import { nearest } from "@millrace/core";
import { formatError } from "./format-error.ts";
import type { PackageParts } from "./package-parts.ts";
import { attribute, parseXml } from "./xml-events.ts";

/** What has to be known of a workbook before one of its sheets is read. */
export interface Workbook {
  readonly sheetPart: string;
  readonly sharedStringsPart: string | undefined;
  readonly stylesPart: string | undefined;
  /** Days count from 1904 instead of 1900. */
  readonly date1904: boolean;
}

interface Relation {
  readonly type: string;
  readonly target: string;
}

/** Finds a sheet by its name or number. Fails with MLR_SOURCE_FORMAT where there is none, naming those there are. */
export async function findSheet(
  parts: PackageParts,
  sheet: string | number,
  file: string,
): Promise<Workbook> {
  const workbookPart = await findWorkbook(parts, file);
  const folder = path.posix.dirname(workbookPart);
  const relations = await relationsOf(parts, workbookPart, file);
  const { sheets, date1904 } = await readWorkbook(parts, workbookPart, file);
  const worksheets = sheets.filter(({ id }) => relations.get(id)?.type === "worksheet");
  const found =
    typeof sheet === "number" ? worksheets[sheet - 1] : worksheets.find(({ name }) => name === sheet);
  const relation = found === undefined ? undefined : relations.get(found.id);
  if (relation === undefined)
    throw noSheet(
      worksheets.map(({ name }) => name),
      sheet,
      file,
    );
  const partOf = (type: string): string | undefined => {
    const target = [...relations.values()].find((each) => each.type === type)?.target;
    const part = target === undefined ? undefined : resolved(folder, target);
    return part !== undefined && parts.has(part) ? part : undefined;
  };
  return {
    sheetPart: resolved(folder, relation.target),
    sharedStringsPart: partOf("sharedStrings"),
    stylesPart: partOf("styles"),
    date1904,
  };
}

async function findWorkbook(parts: PackageParts, file: string): Promise<string> {
  if (!parts.has("_rels/.rels")) {
    const open = parts.has("mimetype") || parts.has("content.xml");
    throw formatError(
      file,
      open ? "is an OpenDocument file" : "is a ZIP archive, but no Excel workbook",
      open ? "Save it as .xlsx." : "Unpack it and read what is in it.",
    );
  }
  const relations = await relationsOf(parts, "", file);
  const target = [...relations.values()].find((each) => each.type === "officeDocument")?.target;
  const part = target === undefined ? "" : resolved("", target);
  if (part.endsWith(".bin")) throw formatError(file, "is a binary workbook (.xlsb)", "Save it as .xlsx.");
  if (part !== "" && parts.has(part) && part.includes("workbook")) return part;
  throw formatError(file, "is no Excel workbook (.xlsx)", "Check the path, and that the file is a workbook.");
}

async function relationsOf(parts: PackageParts, part: string, file: string): Promise<Map<string, Relation>> {
  const folder = path.posix.dirname(part);
  const name = path.posix.join(folder === "." ? "" : folder, "_rels", `${path.posix.basename(part)}.rels`);
  const relations = new Map<string, Relation>();
  if (!parts.has(name)) return relations;
  const open = (element: string, attributes: Readonly<Record<string, string>>): void => {
    if (element !== "Relationship") return;
    const type = (attributes["Type"] ?? "").split("/").at(-1) ?? "";
    relations.set(attributes["Id"] ?? "", { type, target: attributes["Target"] ?? "" });
  };
  await parseXml(parts.text(name), { open }, file);
  return relations;
}

async function readWorkbook(
  parts: PackageParts,
  part: string,
  file: string,
): Promise<{ sheets: { name: string; id: string }[]; date1904: boolean }> {
  const sheets: { name: string; id: string }[] = [];
  let date1904 = false;
  const open = (element: string, attributes: Readonly<Record<string, string>>): void => {
    if (element === "sheet") {
      sheets.push({ name: attributes["name"] ?? "", id: attribute(attributes, "id") ?? "" });
    } else if (element === "workbookPr") date1904 = /^(1|true|on)$/.test(attributes["date1904"] ?? "");
  };
  await parseXml(parts.text(part), { open }, file);
  return { sheets, date1904 };
}

function resolved(folder: string, target: string): string {
  return target.startsWith("/") ? target.slice(1) : path.posix.join(folder, target);
}

function noSheet(names: readonly string[], sheet: string | number, file: string): Error {
  const guess = typeof sheet === "string" ? nearest(sheet, names) : undefined;
  const wanted = typeof sheet === "string" ? `sheet "${sheet}"` : `sheet number ${sheet}`;
  return formatError(
    file,
    `has no ${wanted}`,
    guess === undefined ? `Its sheets: ${names.join(", ")}.` : `Did you mean "${guess}"?`,
  );
}

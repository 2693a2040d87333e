import { MillraceError } from "@millrace/core";
import type { DocumentText } from "../../shared/document/document-text.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";
import type { DocumentFacts } from "../stage-document.ts";
import { defineStage, type Stage, type StageFunction } from "./define-stage.ts";

/** A match below is none. */
const LEAST_MATCH = 0.5;

/** What is done with documents where nobody says otherwise. */
export function standardStages(options: ResolvedDocumentsOptions): readonly Stage[] {
  const { types, ocr } = options;
  const text: StageFunction = async (document, context) => {
    const { readText } = await import("./read-text.ts");
    return readText(document, { options, context });
  };
  const recognised: StageFunction = async (document, context) => {
    if (ocr === false || document.text?.pages.some(({ needsOcr }) => needsOcr) !== true) return undefined;
    const { readPictures } = await import("./read-pictures.ts");
    return readPictures(document, { options, ocr, context });
  };
  const extracted: StageFunction = (document): DocumentFacts | undefined => {
    if (document.text === undefined) return undefined;
    const type = typeOf(document.text, document.type, types);
    if (type === undefined) {
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `${document.name} is none of: ${types.map(({ name }) => name).join(", ")}`,
        {
          hint: "Describe its kind with documentType(), or keep such files out with `exclude`.",
        },
      );
    }
    const { values, lines, fieldConfidence, confidence, problems, places } = type.extract(document.text);
    return { type: type.name, values, lines, fieldConfidence, confidence, problems, places };
  };
  return [
    defineStage("documents.*.text", text),
    ...(ocr === false ? [] : [defineStage("documents.*.ocr", recognised)]),
    ...(types.length === 0 ? [] : [defineStage("documents.*.extracted", extracted)]),
    defineStage("documents.*.checked", checked),
  ];
}

/** The type that was said, or the one that matches best. */
function typeOf(text: DocumentText, said: string | undefined, types: ResolvedDocumentsOptions["types"]) {
  const named = types.find(({ name }) => name === said);
  if (named !== undefined) return named;
  const matches = types
    .map((type) => ({ type, match: type.matches(text) }))
    .toSorted((a, b) => b.match - a.match);
  const [best] = matches;
  return best !== undefined && best.match >= LEAST_MATCH ? best.type : undefined;
}

/** What does not fit is for a person, however sure the fields are. */
const checked: StageFunction = ({ problems = [] }) => {
  const [first] = problems;
  if (first === undefined) return undefined;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  return { review: `${first.message}${more}` };
};

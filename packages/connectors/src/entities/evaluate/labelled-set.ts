import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { asMillraceError, MillraceError } from "@millrace/core";
import { z } from "zod";
import { ENTITY_TYPES } from "../entity.ts";

const labelSchema = z.strictObject({
  type: z.enum(ENTITY_TYPES),
  text: z.string().min(1),
  /** Where it begins. Default: where the text is met next. */
  start: z.number().int().min(0).optional(),
  value: z.string().optional(),
});

const lineSchema = z.strictObject({
  id: z.string().optional(),
  language: z.enum(["en", "de"]).optional(),
  text: z.string().min(1),
  entities: z.array(labelSchema),
});

/** A text in which people have marked what it names. */
export interface LabelledText {
  /** Where it stands: its id, or the line of the file. */
  readonly id: string;
  readonly language: "en" | "de" | undefined;
  readonly text: string;
  readonly entities: readonly {
    readonly type: (typeof ENTITY_TYPES)[number];
    readonly start: number;
    readonly end: number;
    /** The value that it should get; undefined where only the span counts. */
    readonly value: string | undefined;
  }[];
}

/**
 * Reads a labelled set: JSON Lines of `{ text, entities: [{ type, text, start?, value? }] }`. Fails with MLR_SOURCE_NOT_FOUND
 * or MLR_SOURCE_FORMAT, with the line.
 */
export async function readLabelledSet(file: string): Promise<LabelledText[]> {
  const texts: LabelledText[] = [];
  let line = 0;
  const input = createReadStream(file, "utf8");
  try {
    for await (const each of createInterface({ input, crlfDelay: Infinity })) {
      line += 1;
      if (each.trim() !== "") texts.push(parseLine(each, `${file}:${line}`));
    }
  } catch (error) {
    throw asMillraceError(error, "MLR_SOURCE_NOT_FOUND", file);
  }
  if (texts.length > 0) return texts;
  throw invalid(file, "no text is in it");
}

function parseLine(line: string, where: string): LabelledText {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    throw invalid(where, "it is no JSON");
  }
  const { data, error } = lineSchema.safeParse(read);
  if (error !== undefined) {
    const [issue] = error.issues;
    throw invalid(where, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  const { id = where, language, text } = data;
  let next = 0;
  const entities = data.entities.map(({ type, text: found, start: said, value }) => {
    const start = said ?? text.indexOf(found, next);
    if (start === -1 || text.slice(start, start + found.length) !== found)
      throw invalid(
        where,
        `"${found}" is not in the text${said === undefined ? " behind what comes before it" : ` at ${said}`}`,
      );
    next = start + found.length;
    return { type, start, end: next, value };
  });
  return { id, language, text, entities };
}

function invalid(where: string, why: string): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${where}: ${why}`, {
    hint: 'A line is {"text": "…", "entities": [{"type": "person", "text": "…"}]}, the entities in the order of the text.',
  });
}

import { existsSync } from "node:fs";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import type { EntityType, Find } from "../entity.ts";
import { missingPackage } from "./missing-package.ts";

/** A model for naming tokens, from a folder of this machine. */
export interface TransformerOptions {
  /** Folder with `config.json`, `tokenizer.json` and the weights in `onnx/`. */
  readonly model: string;
  /** Which weights: `fp32` is `onnx/model.onnx`, `q8` is `onnx/model_quantized.onnx`. */
  readonly dtype: "fp32" | "fp16" | "q8" | "q4";
}

interface Token {
  readonly entity: string;
  readonly score: number;
  readonly word: string;
}

type Classify = (
  text: string,
  options: { readonly ignore_labels: readonly string[] },
) => Promise<readonly Token[]>;

/** The part of the package that is used; it is no dependency, so that its own types are not there. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: string, model: string, options: { readonly dtype: string }): Promise<Classify>;
}

const TYPES: Readonly<Record<string, EntityType>> = {
  PER: "person",
  PERSON: "person",
  ORG: "organisation",
  LOC: "place",
  GPE: "place",
};

const models = new Map<string, Promise<Classify>>();

/**
 * People, organisations and places by a transformer model. The model is read from its folder, and nothing is fetched. Fails with
 * MLR_DRIVER_MISSING without `@huggingface/transformers`, with MLR_ARGUMENT_INVALID where the folder holds no model.
 */
export async function findByTransformer(text: string, options: TransformerOptions): Promise<Find[]> {
  const folder = path.resolve(options.model);
  const key = `${options.dtype} ${folder}`;
  const known = models.get(key) ?? load(folder, options.dtype);
  models.set(key, known);
  try {
    return spansOf(text, await (await known)(text, { ignore_labels: ["O"] }));
  } catch (error) {
    models.delete(key);
    throw error;
  }
}

async function load(folder: string, dtype: string): Promise<Classify> {
  const missing = ["config.json", "tokenizer.json"].find((file) => !existsSync(path.join(folder, file)));
  if (missing !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `entities(): the model's folder ${folder} has no ${missing}`,
      {
        hint: "Name the folder that holds config.json, tokenizer.json and onnx/model.onnx of a model for token classification.",
        details: { option: "transformer.model" },
      },
    );
  }
  const name = "@huggingface/transformers";
  const { env, pipeline } = await (import(name) as Promise<Transformers>).catch((error: unknown) => {
    throw missingPackage(name, "leave out the option transformer", error);
  });
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(folder);
  return pipeline("token-classification", path.basename(folder), { dtype });
}

/**
 * Puts pieces of words together (`Nord`, `##licht`) and finds them in the text, in which they come in this order: the pieces
 * have no positions of their own.
 */
export function spansOf(text: string, tokens: readonly Token[]): Find[] {
  const found: (Find & { readonly scores: number[] })[] = [];
  let at = 0;
  for (const { entity, score, word } of tokens) {
    const type = TYPES[entity.replace(/^[BI]-/, "")];
    const piece = word.replace(/^(?:##|▁|Ġ)/, "");
    const start = text.indexOf(piece, at);
    if (type === undefined || piece === "" || start === -1) continue;
    at = start + piece.length;
    const last = found.at(-1);
    const between = last === undefined ? "" : text.slice(last.end, start);
    const goesOn =
      last?.type === type && /^[ .&'’-]{0,2}$/.test(between) && (between === "" || !entity.startsWith("B-"));
    if (last !== undefined && goesOn) {
      found[found.length - 1] = { ...last, end: at, scores: [...last.scores, score] };
    } else
      found.push({ type, start, end: at, value: "", confidence: score, by: "transformer", scores: [score] });
  }
  return found.map(({ scores, ...find }) => ({
    ...find,
    value: text.slice(find.start, find.end).replaceAll(/\s+/g, " "),
    confidence: Math.round((scores.reduce((a, b) => a + b, 0) / scores.length) * 1000) / 1000,
  }));
}

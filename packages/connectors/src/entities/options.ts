import { z } from "zod";
import { ENTITY_TYPES } from "./entity.ts";

const common = {
  /** What to look for. Default: everything. */
  types: z
    .array(z.enum(ENTITY_TYPES))
    .min(1)
    .readonly()
    .default([...ENTITY_TYPES]),
  /** Language of the texts. Default `auto`: each text's common words tell. */
  language: z.enum(["auto", "en", "de"]).default("auto"),
  /** What 03/04/2026 means: the third of April (`dmy`) or the fourth of March (`mdy`). Default `dmy`. */
  dateOrder: z.enum(["dmy", "mdy"]).default("dmy"),
  /** Finds that are less sure are left out, 0 to 1. Default 0.5. */
  minConfidence: z.number().min(0).max(1).default(0.5),
  /**
   * Packages that English texts are given to besides the rules: `wink` (wink-nlp with wink-eng-lite-web-model: numbers and
   * amounts in words), `compromise` (people, organisations, places). They are installed by you. Default both.
   */
  engines: z
    .array(z.enum(["wink", "compromise"]))
    .readonly()
    .default(["wink", "compromise"]),
  /** A model for people, organisations and places, run by `@huggingface/transformers`, which is installed by you. Default none. */
  transformer: z
    .strictObject({
      /** Folder with `config.json`, `tokenizer.json` and the weights in `onnx/`. */
      model: z.string().min(1),
      /** Which weights: `fp32` is `onnx/model.onnx`, `q8` is `onnx/model_quantized.onnx`. Default `fp32`. */
      dtype: z.enum(["fp32", "fp16", "q8", "q4"]).default("fp32"),
    })
    .optional(),
};

/** Options of `findEntities()`. */
export const findOptions = z.strictObject(common);

/** Options of `entities()`. */
export const entitiesOptions = z.strictObject({
  /** Column with the text. Rows without it are passed on as they are. */
  column: z.string().min(1),
  /** Column that the finds are put into, as a JSON array. Default `entities`. */
  into: z.string().min(1).default("entities"),
  /** Whether the column holds HTML, whose text is taken. Default `auto`: what looks like it. */
  html: z.union([z.literal("auto"), z.boolean()]).default("auto"),
  /** Longest text in characters; a longer one is rejected into the quarantine. Default 10 million. */
  maxLength: z.number().int().positive().default(10_000_000),
  ...common,
});

/** Options of `findEntities()`, as users write them. */
export type FindOptions = z.input<typeof findOptions>;
/** Options of `findEntities()`, with the defaults filled in. */
export type ResolvedFindOptions = z.output<typeof findOptions>;
/** Options of `entities()`, as users write them. */
export type EntitiesOptions = z.input<typeof entitiesOptions>;

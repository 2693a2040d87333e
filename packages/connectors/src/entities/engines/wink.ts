import type { Detail, ItsHelpers, WinkMethods } from "wink-nlp";
import { CURRENCIES } from "../dictionaries/currencies.ts";
import type { Find } from "../entity.ts";
import { missingPackage } from "./missing-package.ts";
import { numberOfWords } from "./number-words.ts";

let loading: Promise<WinkMethods> | undefined;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Amounts and numbers in words, in English texts: what is written in digits, rules find. Fails with MLR_DRIVER_MISSING. */
export async function findByWink(text: string): Promise<Find[]> {
  loading ??= load();
  const nlp = await loading;
  const { its } = nlp;
  const document = nlp.readDoc(text);
  const entities = document.entities();
  const details = entities.out(its.detail) as unknown as Detail[];
  const wanted = details.some(({ type }) => type === "MONEY" || type === "CARDINAL");
  if (!wanted) return [];
  const tokens = tokenSpans(document.tokens().out(its.value), document.tokens().out(its.precedingSpaces));
  const spans = entities.out(its.span as unknown as ItsHelpers["value"]) as unknown as [number, number][];
  return details.flatMap(({ type, value }, index): Find[] => {
    const [first = 0, last = 0] = spans[index] ?? [];
    const span = { start: tokens[first]?.start ?? 0, end: tokens[last]?.end ?? 0 };
    if (text.slice(span.start, span.end) !== value || /\d/.test(value)) return [];
    return type === "MONEY" ? money(value, span) : type === "CARDINAL" ? cardinal(value, span) : [];
  });
}

function money(value: string, span: Span): Find[] {
  const words = value.toLowerCase().split(" ");
  const currency = CURRENCIES.get(words.at(-1) ?? "");
  const amount = numberOfWords(words.slice(0, -1).join(" "));
  if (currency === undefined || amount === undefined) return [];
  return [{ type: "money", ...span, value: String(amount), currency, confidence: 0.85, by: "wink" }];
}

function cardinal(value: string, span: Span): Find[] {
  const number = numberOfWords(value);
  // "One" alone is a pronoun as often.
  if (number === undefined || number < 2) return [];
  return [{ type: "number", ...span, value: String(number), confidence: 0.75, by: "wink" }];
}

function tokenSpans(values: readonly string[], spaces: readonly string[]): Span[] {
  let at = 0;
  return values.map((value, index) => {
    const start = at + (spaces[index]?.length ?? 0);
    at = start + value.length;
    return { start, end: at };
  });
}

async function load(): Promise<WinkMethods> {
  try {
    const [{ default: wink }, { default: model }] = await Promise.all([
      import("wink-nlp"),
      import("wink-eng-lite-web-model"),
    ]);
    // What is not needed is not computed: sentences, negation and sentiment.
    return wink(model, ["pos", "ner"]);
  } catch (error) {
    loading = undefined;
    throw missingPackage("wink-nlp wink-eng-lite-web-model", 'engines: ["compromise"]', error);
  }
}

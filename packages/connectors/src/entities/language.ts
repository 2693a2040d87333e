import type { Language } from "./entity.ts";

const GERMAN =
  /(?<!\p{L})(?:der|die|das|und|ist|nicht|mit|von|für|auf|dem|den|des|ein|eine|einer|wir|sie|ihr|ihre|zu|zum|zur|im|am|bei|nach|über|aus|wird|wurde|hat|sich|auch|rechnung|betrag|bitte|sehr|herr|frau|uhr|straße|summe|inkl|zzgl|mwst|ust|netto|kundennummer|kontoinhaber|datum|seite)(?!\p{L})/giu;
const ENGLISH =
  /(?<!\p{L})(?:the|and|is|are|not|with|of|for|on|to|from|by|at|in|was|were|has|have|an|this|that|its|it|our|your|we|invoice|amount|please|total|will|be|mr|mrs)(?!\p{L})/giu;

/** The language of a text by its common words; `en` where nothing tells. */
export function languageOf(text: string): Language {
  const head = text.slice(0, 20_000);
  const signs = (head.match(/[äöüßÄÖÜ]/g) ?? []).length;
  const german = (head.match(GERMAN) ?? []).length + Math.min(signs, 3) * 0.5;
  return german > (head.match(ENGLISH) ?? []).length ? "de" : "en";
}

/** Number of a month by its names and short forms in English and German, in lower case and without a full stop. */
export const MONTHS: ReadonlyMap<string, number> = new Map(
  [
    "january jan januar jänner jän",
    "february feb februar feber febr",
    "march mar märz mär mrz",
    "april apr",
    "may mai",
    "june jun juni",
    "july jul juli",
    "august aug",
    "september sep sept",
    "october oct oktober okt",
    "november nov",
    "december dec dezember dez",
  ].flatMap((names, index) => names.split(" ").map((name) => [name, index + 1] as const)),
);

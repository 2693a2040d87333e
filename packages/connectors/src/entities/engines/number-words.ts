const SMALL: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};
const LARGE: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 };

/** The number that English words write (`twenty-five thousand`); undefined where a word is none of a number. */
export function numberOfWords(text: string): number | undefined {
  let whole = 0;
  let part = 0;
  const words = text
    .toLowerCase()
    .split(/[\s-]+/)
    .filter((word) => word !== "" && word !== "and" && word !== "a");
  for (const word of words) {
    if (Object.hasOwn(SMALL, word)) part += SMALL[word] ?? 0;
    else if (word === "hundred") part = (part === 0 ? 1 : part) * 100;
    else if (Object.hasOwn(LARGE, word)) {
      whole += (part === 0 ? 1 : part) * (LARGE[word] ?? 1);
      part = 0;
    } else return undefined;
  }
  return words.length === 0 ? undefined : whole + part;
}

/** Functions that are told apart; further ones share one name. */
const MOST = 1_000;
const LONGEST = 200;
const OTHERS = "(others)";

/** Names of watched functions, once for the process: a function's number finds its counts without looking up its name. */
const names: string[] = [];
const numbers = new Map<string, number>();

/** The number of a name; of the same name always the same. */
export function numberOf(name: string): number {
  const short = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
  const known = numbers.get(short);
  if (known !== undefined) return known;
  if (names.length >= MOST && short !== OTHERS) return numberOf(OTHERS);
  numbers.set(short, names.length);
  return names.push(short) - 1;
}

/** The name that has this number. */
export function nameOf(number: number): string {
  return names[number] ?? OTHERS;
}

/** Whether whoever accepts the licences of `accepted` can use something under this SPDX expression: one side of an OR is enough. */
export function accepts(expression: string, accepted: ReadonlySet<string>): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let good = both();
    while (words[at]?.toUpperCase() === "OR") {
      at += 1;
      const other = both();
      good ||= other;
    }
    return good;
  };
  const both = (): boolean => {
    let good = one();
    while (words[at]?.toUpperCase() === "AND") {
      at += 1;
      const other = one();
      good &&= other;
    }
    return good;
  };
  const one = (): boolean => {
    const word = words[at];
    at += 1;
    if (word !== "(") return word !== undefined && accepted.has(word);
    const good = either();
    // An expression that does not close its bracket says nothing that can be relied on.
    if (words[at] !== ")") return false;
    at += 1;
    return good;
  };
  const good = either();
  return good && at === words.length;
}

/** The pages that a list such as `1-3,7` or `5-` names, in order, those beyond the last one left out. */
export function pageNumbers(list: string | undefined, count: number): number[] {
  const wanted = new Set<number>();
  for (const part of (list ?? "1-").split(",")) {
    const [first = "1", last] = part.split("-");
    const end = last === undefined ? Number(first) : last === "" ? count : Number(last);
    for (let page = Math.max(1, Number(first)); page <= Math.min(end, count); page++) wanted.add(page);
  }
  return [...wanted].sort((a, b) => a - b);
}

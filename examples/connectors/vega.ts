/** Where a file of the npm package vega-datasets lies: real data of many shapes, without a download. */
export function vega(name: string): URL {
  return new URL(`../data/${name}`, import.meta.resolve("vega-datasets"));
}

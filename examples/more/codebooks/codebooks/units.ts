import { codebook } from "millrace";

/** Factors are exact: numbers with a scale are written as text. */
export default codebook({
  table: "unit",
  key: ["code"],
  columns: { factor: "numeric" },
  rows: [
    { code: "g", name: "gram", factor: "0.001" },
    { code: "kg", name: "kilogram", factor: "1" },
  ],
});

/** The stages of every document, in their order. */
export const STAGES = [
  "received",
  "classified",
  "text",
  "ocr",
  "entities",
  "extracted",
  "checked",
  "landed",
  "archived",
] as const;

import type { Listing, Name } from "./listing.ts";

/** Language of a page: traditional Chinese or English. */
export type Language = keyof Name;

/** What a price is written like. */
export function priceText({ offer }: Pick<Listing, "offer">, price: number, language: Language): string {
  if (offer === "rent") return language === "tc" ? `租 $${grouped(price)} 元` : `Lease HKD$${grouped(price)}`;
  return language === "tc" ? `售 $${price / 10_000} 萬元` : `Sell HKD$${price / 1_000_000} Millions`;
}

/** `2 房`, `2 Bedrooms`, or a studio. */
export function roomsText({ rooms }: Pick<Listing, "rooms">, language: Language): string {
  if (rooms === 0) return language === "tc" ? "開放式" : "Studio";
  return language === "tc" ? `${rooms} 房` : `${rooms} Bedroom${rooms === 1 ? "" : "s"}`;
}

/** `432 呎` or `432 ft²`. */
export function areaText(feet: number, language: Language): string {
  return `${feet} ${language === "tc" ? "呎" : "ft²"}`;
}

/** Labels of the table of details. */
export const LABELS = {
  floor: { tc: "單位樓層", en: "Floor" },
  saleable: { tc: "實用面積", en: "Saleable Area" },
  gross: { tc: "建築面積", en: "Gross Area" },
  place: { tc: "地區屋苑", en: "District / Estate" },
  rent: { tc: "每月租金", en: "Monthly Rental" },
  sale: { tc: "售價", en: "Price" },
  agent: { tc: "代理", en: "Agent" },
  posted: { tc: "刊登日期", en: "Posted" },
  updated: { tc: "更新日期", en: "Updated" },
} as const;

function grouped(price: number): string {
  return String(price).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

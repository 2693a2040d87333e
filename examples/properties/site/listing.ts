/** A flat that is offered on a day. */
export interface Listing {
  readonly id: number;
  readonly offer: "rent" | "sale";
  readonly price: number;
  /** The price on cards of lists, which the site sometimes forgets to update. */
  readonly cardPrice: number;
  readonly saleableFeet: number;
  readonly grossFeet: number;
  /** 0: a studio. */
  readonly rooms: number;
  readonly floor: Name;
  readonly district: Name;
  readonly estate: Name;
  readonly agent: string;
  readonly posted: string;
  readonly updated: string;
  readonly photos: number;
}

/** What something is called in both languages of the site. */
export interface Name {
  readonly tc: string;
  readonly en: string;
}

/** Days after which the site begins again as it was. */
const CYCLE = 28;
const COUNT = 48;
const FIRST_DAY = Date.UTC(2026, 0, 1);

const FIRST_FLOOR: Name = { tc: "低層", en: "Low Floor" };
const FLOORS: readonly Name[] = [
  FIRST_FLOOR,
  { tc: "中層", en: "Middle Floor" },
  { tc: "高層", en: "High Floor" },
];
const FIRST_PLACE: readonly [district: Name, estate: Name] = [
  { tc: "沙田", en: "Sha Tin" },
  { tc: "沙田第一城", en: "City One Shatin" },
];
const PLACES: readonly (readonly [district: Name, estate: Name])[] = [
  FIRST_PLACE,
  [
    { tc: "鰂魚涌", en: "Quarry Bay" },
    { tc: "太古城", en: "Taikoo Shing" },
  ],
  [
    { tc: "將軍澳", en: "Tseung Kwan O" },
    { tc: "新都城", en: "Metro City" },
  ],
  [
    { tc: "荃灣", en: "Tsuen Wan" },
    { tc: "荃灣中心", en: "Tsuen Wan Centre" },
  ],
];
const AGENTS = ["Harbour Homes", "Peak Property", "Lion Rock Realty"];

/** All that is offered on a day of the site's cycle: the same for the same day. */
export function listingsOn(day: number): readonly Listing[] {
  const today = day % CYCLE;
  return Array.from({ length: COUNT }, (_, index) => index)
    .filter((index) => isOffered(index, today))
    .map((index) => listing(index, today));
}

/** Every eighth comes later, some are withdrawn for ever, and some return after a few days. */
function isOffered(index: number, day: number): boolean {
  if (index % 8 === 0 && day < 2 + index / 8) return false;
  if (index % 11 === 5 && day >= 8) return false;
  return !(index % 7 === 3 && day >= 5 && day < 9);
}

function listing(index: number, day: number): Listing {
  const reductions = index % 5 === 2 ? Math.floor(day / 2) : 0;
  const offer = index % 3 === 0 ? "sale" : "rent";
  const saleableFeet = 280 + ((index * 37) % 600);
  const start = offer === "rent" ? saleableFeet * 36 : saleableFeet * 13_500;
  const step = offer === "rent" ? 500 : 50_000;
  const price = (times: number): number => Math.round((start * 0.98 ** times) / step) * step;
  const [district, estate] = PLACES[index % PLACES.length] ?? FIRST_PLACE;
  return {
    id: 3_000_000 + index * 37,
    offer,
    price: price(reductions),
    cardPrice: price(index % 10 === 7 ? Math.max(0, reductions - 1) : reductions),
    saleableFeet,
    grossFeet: Math.round(saleableFeet * 1.28),
    rooms: index % 4,
    floor: FLOORS[index % FLOORS.length] ?? FIRST_FLOOR,
    district,
    estate,
    agent: AGENTS[index % AGENTS.length] ?? "",
    posted: dateOf(index % 8 === 0 ? 2 + index / 8 : 0),
    updated: dateOf(reductions * 2),
    photos: 2 + (index % 4),
  };
}

function dateOf(day: number): string {
  return new Date(FIRST_DAY + day * 86_400_000).toISOString().slice(0, 10);
}

/** ISO 4217 code by what stands beside an amount, words in lower case. */
export const CURRENCIES: ReadonlyMap<string, string> = new Map(
  [
    "EUR € eur euro euros",
    "USD $ us$ usd dollar dollars",
    "GBP £ gbp pound pounds pfund",
    "CHF chf franken sfr. fr.",
    "JPY ¥ jpy yen",
    "SEK sek",
    "NOK nok",
    "DKK dkk",
    "PLN pln zł zloty złoty",
    "CZK czk kč",
    "HUF huf forint",
    "CAD cad c$ ca$",
    "AUD aud a$ au$",
    "CNY cny rmb yuan",
    "INR inr ₹ rupees rupien",
    "TRY try ₺",
    "BRL brl r$",
  ].flatMap((line) => {
    const [code = "", ...signs] = line.split(" ");
    return signs.map((sign) => [sign, code] as const);
  }),
);

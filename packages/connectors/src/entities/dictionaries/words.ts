/** Words with a capital letter that begin a sentence or a phrase, and no name. */
export const NOT_IN_NAMES: ReadonlySet<string> = new Set(
  `The A An And At By For From In Of On Our To With Since When While After Before Dear Both Between Under This That These Those
It Its Is Are Was Were As But Or If Then Please Contact Invoice Payment Order Company Client Customer Supplier Via Per Attn
Today Yesterday Tomorrow Meanwhile However Also Although According Founded Shares Rival Mr Mrs Ms Dr Prof
Der Die Das Dem Den Des Ein Eine Einer Einem Einen Am An Auf Aus Bei Beim Bis Durch Firma Für Gegen Im In Ins Mit Nach Ohne
Seit Über Um Unter Und Vom Von Vor Zu Zum Zur Zwischen Laut Kunde Kundin Lieferant Rechnung Zahlung Bestellung Auch Aber Als
Wenn Wie Wir Sie Ihr Ihre Unser Unsere Herr Herrn Frau Sehr Geehrte Geehrter Liebe Lieber Gestern Heute Morgen Dann Doch Nur
Sowohl Geschäftsführer Geschäftsführerin Ansprechpartner Ansprechpartnerin Vorstand Direktor Kontakt Absender Empfänger Betreff
Monday Tuesday Wednesday Thursday Friday Saturday Sunday Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag
January February March April May June July August September October November December Januar Februar März Mai Juni Juli
Oktober Dezember`.split(/\s+/),
);

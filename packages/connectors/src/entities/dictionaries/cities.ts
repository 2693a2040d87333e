const CITIES = `
Aachen|Aarhus|Aberdeen|Amsterdam|Antwerp|Antwerpen|Athen|Athens|Atlanta|Augsburg|Austin|Baltimore|Bangalore|Bangkok|
Barcelona|Basel|Bath|Beijing|Peking|Belfast|Berlin|Bern|Bielefeld|Birmingham|Bochum|Bonn|Bordeaux|Boston|Bozen|
Bratislava|Braunschweig|Bregenz|Bremen|Bremerhaven|Brighton|Brisbane|Bristol|Brno|Bruges|Brussels|Brüssel|Bucharest|Bukarest|
Budapest|Buenos Aires|Cairo|Kairo|Calgary|Cambridge|Canberra|Cape Town|Kapstadt|Cardiff|Chemnitz|Chicago|Cleveland|
Cologne|Copenhagen|Kopenhagen|Cork|Coventry|Dallas|Darmstadt|Delhi|Denver|Derby|Detroit|Dortmund|Dresden|Dubai|Dublin|Duisburg|Dundee|
Düsseldorf|Edinburgh|Eindhoven|Erfurt|Erlangen|Essen|Exeter|Flensburg|Florence|Florenz|Frankfurt am Main|Frankfurt|
Freiburg|Fürth|Gdansk|Danzig|Geneva|Genf|Gent|Ghent|Glasgow|Gothenburg|Göteborg|Göttingen|Graz|Grenoble|Hague|Halifax|Halle|
Hamburg|Hanau|Hannover|Hanover|Havanna|Heidelberg|Heilbronn|Helsinki|Hildesheim|Hong Kong|Houston|Hull|Ingolstadt|Innsbruck|
Istanbul|Jakarta|Jena|Jerusalem|Johannesburg|Kaiserslautern|Karlsruhe|Kassel|Kiel|Kiev|Kyiv|Kiew|Klagenfurt|Koblenz|Köln|Konstanz|Krakau|
Krakow|Krefeld|Kuala Lumpur|Lausanne|Leeds|Leicester|Leipzig|Leverkusen|Lille|Lima|Linz|Lisbon|Lissabon|Liverpool|Ljubljana|
London|Los Angeles|Lübeck|Lucerne|Luzern|Ludwigshafen|Lüneburg|Lyon|Madrid|Magdeburg|Mailand|Milan|Mainz|Malmö|Manchester|
Manila|Mannheim|Marburg|Marseille|Melbourne|Memphis|Mexico City|Miami|Milwaukee|Minneapolis|Minsk|Mönchengladbach|Montreal|
Moscow|Moskau|Mülheim|Mumbai|Munich|München|Münster|Nairobi|Naples|Neapel|Nashville|New Orleans|New York City|New York|Newcastle|Nice|
Nizza|Norwich|Nottingham|Nuremberg|Nürnberg|Oberhausen|Oldenburg|Orlando|Osaka|Oslo|Osnabrück|Ottawa|Oxford|Paderborn|Paris|Passau|
Perth|Philadelphia|Phoenix|Pittsburgh|Plymouth|Portland|Portsmouth|Porto|Potsdam|Poznan|Prague|Prag|Regensburg|Remscheid|Reykjavik|
Riga|Rio de Janeiro|Rome|Rom|Rostock|Rotterdam|Saarbrücken|Salzburg|San Diego|San Francisco|San Jose|Santiago|São Paulo|
Schwerin|Seattle|Seoul|Seville|Shanghai|Sheffield|Siegen|Singapore|Singapur|Sofia|Solingen|Southampton|St. Gallen|St. Pölten|
Stockholm|Straßburg|Strasbourg|Stuttgart|Sydney|Tallinn|Tampere|Tel Aviv|Tokyo|Tokio|Toronto|Toulouse|Trier|Trieste|Triest|Tübingen|Turin|
Ulm|Utrecht|Valencia|Vancouver|Venice|Venedig|Vienna|Villach|Vilnius|Warsaw|Warschau|Washington|Weimar|Wien|Wiesbaden|Winnipeg|
Winterthur|Wolfsburg|Wrocław|Wuppertal|Würzburg|York|Zagreb|Zug|Zürich|Zurich|Zwickau
`;

/** Cities by the names that English and German texts give them. */
export const CITY_NAMES: readonly string[] = CITIES.split("|")
  .map((name) => name.trim())
  .filter((name) => name !== "");

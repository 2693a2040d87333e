import { every, pipeline, postgres } from "millrace";
import { flatSearch } from "../properties/flat-search.ts";
import { withSite } from "../properties/with-site.ts";

export default pipeline("flat-cards", {
  group: "property",
  description:
    "Cards of the same flats from the site's search, which is asked by POST and answers JSON with HTML",
  schedule: every("10 minutes"),
  params: { day: "" },
  source: withSite((site) => flatSearch(`${site}/en/property/dosearch`)),
  destination: postgres().table("flat_cards", { key: ["id"], mode: "merge" }),
});

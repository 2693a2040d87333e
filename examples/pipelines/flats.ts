import { every, nullShare, pipeline, postgres } from "millrace";
import { flats } from "../properties/flats.ts";
import { withSite } from "../properties/with-site.ts";

export default pipeline("flats", {
  group: "property",
  description: "Flats of a site that changes every ten minutes: new, repriced, withdrawn and returning ones",
  schedule: every("10 minutes"),
  params: { day: "" },
  source: withSite((site) => flats([`${site}/rent`, `${site}/buy`])),
  quality: [nullShare("price", { max: 0 })],
  destination: postgres().table("flats", { key: ["id"], mode: "merge" }),
});

import { pipeline, postgres, singer } from "millrace";

/** A Singer tap as the source. `node tap-stations.js` stands for any tap, such as `.venv/bin/tap-github`. */
export default pipeline("stations", {
  source: singer({
    command: "node",
    args: ["tap-stations.js"],
    config: { network: "north", api_token: "not-a-real-one" },
    streams: ["stations", "readings"],
  }),
  destination: postgres().tables({
    stations: { namespace: "weather" },
    readings: { namespace: "weather", columns: { celsius: "numeric(5,2)" } },
  }),
});

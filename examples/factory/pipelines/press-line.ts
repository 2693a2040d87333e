import { csvPlan, modbus, opcua, pipeline, postgres, sampling } from "millrace";
import { simulators } from "../simulators/start.ts";

/** A press (Modbus) and an oven (OPC UA), both played by the programs in `simulators`. */
export default pipeline("press-line", {
  group: "factory",
  source: sampling({
    plan: csvPlan({ path: "plans/press-line.csv" }),
    readers: [modbus({ host: "127.0.0.1", port: 15_020 }), opcua({ url: "opc.tcp://127.0.0.1:48400" })],
    intervalMs: 500,
    durationSeconds: Number.POSITIVE_INFINITY,
    alarms: [{ variable: "oil temperature", name: "oil is hot", high: 70, highHigh: 85, hysteresis: 3 }],
    listeners: [simulators()],
  }),
  destination: postgres().table("samples"),
});

// An oven that speaks OPC UA. It ends with the process that started it.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DataType, OPCUACertificateManager, OPCUAServer, Variant } from "node-opcua";

process.on("disconnect", () => process.exit(0));

const rootFolder = mkdtempSync(path.join(tmpdir(), "millrace-oven-"));
const serverCertificateManager = new OPCUACertificateManager({ rootFolder });
const server = new OPCUAServer({ port: 48_400, hostname: "127.0.0.1", serverCertificateManager });
await server.initialize();
const { addressSpace } = server.engine;
if (addressSpace === null) throw new Error("the oven has no address space");
const namespace = addressSpace.getOwnNamespace();
const oven = namespace.addObject({ organizedBy: addressSpace.rootFolder.objects, browseName: "Oven" });

const add = (name: string, value: () => number): void => {
  namespace.addVariable({
    componentOf: oven,
    browseName: name,
    nodeId: `s=Oven.${name}`,
    dataType: "Double",
    value: { get: () => new Variant({ dataType: DataType.Double, value: value() }) },
  });
};
add("Temperature", () => 180 + 4 * Math.sin(Date.now() / 15_000));
add("Setpoint", () => 180);
await server.start();

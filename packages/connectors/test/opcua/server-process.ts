// An OPC UA server in a process of its own. Arguments: port, folder of its certificates.
import path from "node:path";
import {
  DataType,
  OPCUACertificateManager,
  OPCUAServer,
  StatusCodes,
  Variant,
  VariantArrayType,
} from "node-opcua";

const [port = "0", folder = "."] = process.argv.slice(2);
const certificates = new OPCUACertificateManager({
  rootFolder: path.join(folder, "pki"),
  automaticallyAcceptUnknownCertificate: true,
});
await certificates.initialize();
const server = new OPCUAServer({
  port: Number(port),
  hostname: "127.0.0.1",
  serverCertificateManager: certificates,
  userManager: {
    isValidUser: (user: string, password: string) => user === "tester" && password === "se cret",
  },
  buildInfo: { productName: "test" },
});
await server.initialize();
const { addressSpace } = server.engine;
if (addressSpace === null) throw new Error("no address space");
const own = addressSpace.getOwnNamespace();
const plant = own.addObject({
  organizedBy: addressSpace.rootFolder.objects,
  browseName: "Plant",
  nodeId: "s=Plant",
});
let count = 0;
setInterval(() => (count += 1), 20);

const add = (name: string, dataType: string, get: () => Variant): void => {
  own.addVariable({
    componentOf: plant,
    browseName: name,
    nodeId: `s=${name}`,
    dataType,
    minimumSamplingInterval: 10,
    value: { get },
  });
};
add("Speed", "Double", () => new Variant({ dataType: DataType.Double, value: 12.5 }));
add("Count", "Int32", () => new Variant({ dataType: DataType.Int32, value: count }));
add(
  "Total",
  "UInt64",
  () =>
    new Variant({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [0x80000000, 1] }),
);
add("Name", "String", () => new Variant({ dataType: DataType.String, value: "Press" }));
own.addVariable({
  componentOf: plant,
  browseName: "Broken",
  nodeId: "s=Broken",
  dataType: "Double",
  value: { timestamped_get: undefined, get: () => StatusCodes.BadSensorFailure },
});
for (let index = 0; index < 1_200; index += 1) {
  own.addVariable({
    componentOf: plant,
    browseName: `V${index}`,
    nodeId: `i=${1_000 + index}`,
    dataType: "Int32",
    value: { get: () => new Variant({ dataType: DataType.Int32, value: index }) },
  });
}
await server.start();
process.stdout.write("ready\n");
process.on("SIGTERM", () => process.exit(0));

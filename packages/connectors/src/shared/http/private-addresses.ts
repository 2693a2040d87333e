import { lookup as dnsLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { MillraceError } from "@millrace/core";

const RANGES: readonly (readonly [address: string, prefix: number, type: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  ["::", 128, "ipv6"],
  ["::1", 128, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["64:ff9b:1::", 48, "ipv6"],
  ["2002::", 16, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["fec0::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];

const blocked = new BlockList();
for (const [address, prefix, type] of RANGES) blocked.addSubnet(address, prefix, type);

/** True for addresses that are not on the public internet; IPv4 inside of IPv6 is seen through. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return blocked.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Refuses a host that is written as a private address. Fails with MLR_SOURCE_DENIED. */
export function refusePrivateHost(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isPrivateAddress(host)) throw privateAddress(url.hostname, host);
}

/**
 * Looks a name up and refuses it where any of its addresses is private. The connection is made to what was checked, so a
 * name that changes its address in between gains nothing.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, "", 0);
    const found = addresses.find(({ address }) => isPrivateAddress(address));
    if (found !== undefined) return callback(privateAddress(hostname, found.address), "", 0);
    if (options.all === true) return callback(null, addresses);
    const first = addresses[0];
    callback(null, first?.address ?? "", first?.family);
  });
};

function privateAddress(host: string, address: string): MillraceError {
  const what = host === address ? host : `${host} (${address})`;
  return new MillraceError(
    "MLR_SOURCE_DENIED",
    `${what} is a private address, which this source does not read from`,
    {
      hint: 'Set `privateAddresses: "allow"` if the host is yours.',
      details: { host, address },
    },
  );
}

/** The address of a host, checked. Fails with MLR_SOURCE_DENIED where it is private, or as `dns.lookup`. */
export async function publicAddressOf(host: string): Promise<string> {
  if (isPrivateAddress(host)) throw privateAddress(host, host);
  if (isIP(host) !== 0) return host;
  return new Promise((resolve, reject) => {
    publicLookup(host, {}, (error, address) => (error === null ? resolve(String(address)) : reject(error)));
  });
}

/** What values are while they are on their way to or from the driver of a database. */
export type DriverValue = string | number | bigint | boolean | Uint8Array | Date | null;

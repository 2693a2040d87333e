/** Where the server says what clients are not told. A logger of the platform is one. */
export interface ApiLogger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

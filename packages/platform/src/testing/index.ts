export { startTestPostgres, type TestPostgres } from "./test-postgres.ts";

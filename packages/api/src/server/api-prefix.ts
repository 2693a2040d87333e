/** Where all routes are. */
export const API_PREFIX = "/api/v1";

import { z } from "zod";

/** Name of a pipeline, task or table in a path or query. */
export const Name = z.string().min(1).max(200);
/** Path parameter of whatever has a name. */
export const NameParams = z.object({ name: Name });
/** Path parameter of whatever has a UUID. */
export const IdParams = z.object({ id: z.guid() });
/** A whole number that is not negative. */
export const Count = z.number().int().nonnegative();

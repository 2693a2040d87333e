/** The last snapshot that each pipeline took of a table, and definitions that say in which time zone they are taken. */
export const SNAPSHOTS = `
ALTER TABLE millrace.tables ADD COLUMN last_snapshot text;
COMMENT ON COLUMN millrace.tables.last_snapshot IS 'snapshot: scope of the last one the pipeline took, which leaves no row where the reading had none.';
UPDATE millrace.tables SET definition = jsonb_set(definition, '{snapshot}',
  jsonb_build_object('every', definition->'snapshot', 'timeZone', 'UTC'))
WHERE jsonb_typeof(definition->'snapshot') = 'string'
`;

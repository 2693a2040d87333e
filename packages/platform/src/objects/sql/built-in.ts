/** Functions that databases bring along, as far as they are written in FROM or alone in a SELECT. */
const FUNCTIONS = new Set(
  `abs array_agg avg cast ceil clock_timestamp coalesce concat count current_database current_date current_schema
   current_setting current_timestamp current_user currentdatabase currval date date_trunc dateadd datediff db_name exists
   floor format gen_random_uuid generate_series generate_subscripts getdate greatest hostname if ifnull iif input isnull
   last_insert_id lastval least length lower max md5 merge min mod newid nextval now null nullif numbers numbers_mt object_id
   openjson opendatasource openquery openrowset openxml power random regexp_matches regexp_split_to_table remote round
   row_number schema_name scope_identity session_user set_config setval sleep stddev string_agg string_split
   string_to_table sum suser_name sysdate sysdatetime timezone to_char to_regclass to_timestamp today
   trim txid_current unnest upper url user user_name uuid uuid_generate_v4 values version view waitfor xmltable zeros`.split(
    /\s+/,
  ),
);

/** True for functions of the database itself: they are no objects that anybody made. */
export function isBuiltInFunction(parts: readonly string[]): boolean {
  const [first = "", ...others] = parts.map((part) => part.toLowerCase());
  if (others.length > 0) return first === "pg_catalog" || first === "sys";
  return FUNCTIONS.has(first) || /^(pg_|json|xml|ts_|lo_|array_|st_|sp_|xp_|has_|to|s3$|file$)/.test(first);
}

/** True for tables of the database's own catalog, and for names that stand for no table, such as a variable. */
export function isCatalog(parts: readonly string[]): boolean {
  const [name = "", namespace = "", ...others] = parts.toReversed().map((part) => part.toLowerCase());
  if (name.startsWith("@")) return true;
  if ([namespace, ...others].some((each) => CATALOGS.has(each))) return true;
  return namespace === "" && (name.startsWith("pg_") || name === "dual");
}

const CATALOGS = new Set([
  "pg_catalog",
  "information_schema",
  "sys",
  "system",
  "mysql",
  "performance_schema",
]);

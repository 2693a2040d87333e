/**
 * The one table of error codes: what each means and whether trying again later can help.
 * `docs/reference/errors.md` is generated from it; `npm run check` compares it with the codes that are thrown.
 */
export const ERROR_CODES = {
  MLR_ARGUMENT_INVALID: {
    retry: "never",
    means: "An option, flag or argument has a value that is not allowed.",
  },
  MLR_OPTION_UNKNOWN: { retry: "never", means: "An option was given that does not exist." },
  MLR_PIPELINE_INVALID: {
    retry: "never",
    means: "A pipeline's definition is incomplete or contradicts itself.",
  },
  MLR_PIPELINE_NOT_FOUND: { retry: "never", means: "No pipeline of that name is in the project." },
  MLR_PROJECT_INVALID: { retry: "never", means: "The project folder or its configuration cannot be used." },
  MLR_SOURCE_FAILED: { retry: "later", means: "A source failed while it was read." },
  MLR_SOURCE_PROTOCOL: {
    retry: "never",
    means: "A source sent messages in an order the engine cannot accept.",
  },
  MLR_SOURCE_NOT_FOUND: { retry: "never", means: "A file, folder or address to read from does not exist." },
  MLR_SOURCE_CHANGED: { retry: "later", means: "What is read changed or vanished while it was read." },
  MLR_SOURCE_FORMAT: { retry: "never", means: "The content is not in the format it is read as." },
  MLR_TRANSFORM_FAILED: { retry: "never", means: "A transform threw an error." },
  MLR_QUALITY_FAILED: {
    retry: "never",
    means: "A quality rule with severity `fail` found data that may not land.",
  },
  MLR_ROW_QUALITY: { retry: "never", means: "A row fails a quality rule with severity `quarantine`." },
  MLR_SCHEMA_FROZEN: { retry: "never", means: "Rows would change a table whose contract is frozen." },
  MLR_SCHEMA_COLLISION: { retry: "never", means: "Two names become the same identifier in the destination." },
  MLR_SCHEMA_INVALID: { retry: "never", means: "A declared schema cannot be used." },
  MLR_SCHEMA_MISMATCH: {
    retry: "never",
    means: "A table exists and does not fit what the pipeline declares.",
  },
  MLR_ROW_MALFORMED: {
    retry: "never",
    means: "A line or record of a file does not follow its format, so no row can be made of it.",
  },
  MLR_ROW_INVALID: { retry: "never", means: "A row's value cannot be stored in its column." },
  MLR_ROW_KEY_MISSING: { retry: "never", means: "A row has no value for a column of its key." },
  MLR_REMOVAL_SHARE: {
    retry: "never",
    means: "A run would remove a larger share of the live rows than is allowed.",
  },
  MLR_TABLE_OWNED: { retry: "never", means: "Another pipeline owns the table." },
  MLR_LEASE_HELD: { retry: "later", means: "Another run of the same pipeline is going on." },
  MLR_LEASE_LOST: { retry: "never", means: "The run lost its lease, and another may have taken over." },
  MLR_FENCED: {
    retry: "never",
    means: "A later attempt of the same pipeline has taken over; this one may not write.",
  },
  MLR_COMMIT_UNKNOWN: { retry: "later", means: "The connection was lost while a commit was under way." },
  MLR_DESTINATION_UNAVAILABLE: {
    retry: "later",
    means: "The destination cannot be reached or is starting or stopping.",
  },
  MLR_DESTINATION_FAILED: { retry: "never", means: "The destination refused a statement." },
  MLR_DESTINATION_READ_ONLY: { retry: "never", means: "The destination does not accept writes." },
  MLR_DESTINATION_CONFLICT: {
    retry: "later",
    means: "Another writer changed the same rows at the same time.",
  },
  MLR_DESTINATION_FULL: { retry: "later", means: "The destination has no space left." },
  MLR_DESTINATION_PERMISSION: { retry: "never", means: "The destination's user lacks a permission." },
  MLR_DATABASE_UNAVAILABLE: {
    retry: "later",
    means: "A database that the pipeline uses cannot be reached or is starting or stopping.",
  },
  MLR_DATABASE_FAILED: { retry: "never", means: "A database refused a statement." },
  MLR_DATABASE_UNSUPPORTED: { retry: "never", means: "The database cannot do what it was asked." },
  MLR_DATABASE_UNKNOWN: { retry: "never", means: "The configuration names no such database." },
  MLR_MIGRATION_INVALID: {
    retry: "never",
    means: "A migration file cannot be read, or the files do not fit what the database has had.",
  },
  MLR_MIGRATION_CHANGED: { retry: "never", means: "A migration file was edited after it was applied." },
  MLR_MIGRATION_DIRTY: {
    retry: "never",
    means: "A migration failed half-way in a database that cannot take statements back.",
  },
  MLR_MIGRATION_FAILED: { retry: "never", means: "The database refused a statement of a migration." },
  MLR_MIGRATION_LOCKED: { retry: "later", means: "Another process is migrating the same database." },
  MLR_DRIVER_MISSING: {
    retry: "never",
    means: "A connector needs a package that is not installed; the hint has the line that installs it.",
  },
  MLR_SOURCE_DENIED: { retry: "never", means: "A source refused the credentials or the access." },
  MLR_SOURCE_LIMIT: {
    retry: "never",
    means: "What a source sent is beyond a limit on size, time or number.",
  },
  MLR_DATABASE_START: { retry: "never", means: "The embedded PostgreSQL could not be started." },
  MLR_CONTROL_UNAVAILABLE: {
    retry: "later",
    means:
      "The control database, which keeps run records and leases, cannot be reached or refuses a statement.",
  },
  MLR_CONTROL_VERSION: {
    retry: "never",
    means: "The control database was made by another version of Millrace, or its migrations were changed.",
  },
  MLR_BACKUP_FAILED: {
    retry: "later",
    means: "A backup could not be written or read: the disk, the file or a database refused.",
  },
  MLR_BACKUP_DAMAGED: {
    retry: "never",
    means: "A file is no backup, is not whole, or is not what was written.",
  },
  MLR_RESTORE_REFUSED: {
    retry: "never",
    means: "A backup was not restored, because the place holds something already or is in use.",
  },
  MLR_BROKER_UNAVAILABLE: {
    retry: "later",
    means:
      "RabbitMQ cannot be reached, or refuses what it is asked; workers look into the control database instead.",
  },
  MLR_SECRET_MISSING: { retry: "never", means: "Nothing that secrets are asked of has one of that name." },
  MLR_SECRET_PASSWORD: {
    retry: "never",
    means: "The master password that opens the stored secrets is missing or wrong.",
  },
  MLR_SECRET_DAMAGED: {
    retry: "never",
    means: "A stored secret or its key was changed by others, or is in a format that is not known.",
  },
  MLR_SECRET_UNAVAILABLE: { retry: "later", means: "What a secret was asked of failed or did not answer." },
  MLR_FILE_EXPOSED: {
    retry: "never",
    means: "A file with secrets can be read by others, or a configuration can be written by others.",
  },
  MLR_SETTINGS_INVALID: { retry: "never", means: "A setting has a value that is not allowed." },
  MLR_TASK_INVALID: { retry: "never", means: "A task's definition is incomplete or contradicts itself." },
  MLR_TASK_NOT_FOUND: { retry: "never", means: "No task of that name is in the project or registered." },
  MLR_TASK_INPUT_INVALID: {
    retry: "never",
    means: "What a job is to be given is no JSON, too large, or not what the task's input schema says.",
  },
  MLR_TASK_RESULT_INVALID: {
    retry: "never",
    means: "What a task returned is no JSON, or too large to be kept.",
  },
  MLR_TASK_QUEUE_MISSING: {
    retry: "never",
    means: "A job was to be queued by a program that has no connection to the control database.",
  },
  MLR_TASK_FAILED: { retry: "later", means: "The function of a task failed." },
  MLR_TABLE_NOT_FOUND: { retry: "never", means: "The table does not exist or is not written by Millrace." },
  MLR_READER_FAILED: {
    retry: "later",
    means: "The process that reads collected data died, took too long, or could not load the project.",
  },
  MLR_RUN_DIED: {
    retry: "later",
    means: "The process of a run, or its worker, ended before the run was over.",
  },
  MLR_RUN_NOT_FOUND: { retry: "never", means: "No run has that id." },
  MLR_SOURCE_PUSHED: {
    retry: "never",
    means: "A pipeline that programs push rows into was to be run: there is nothing to read.",
  },
  MLR_STREAM_NOT_FOUND: { retry: "never", means: "No pipeline is pushed into by a stream of that name." },
  MLR_PUSH_INVALID: {
    retry: "never",
    means: "What was pushed cannot be read: its address, format, encoding or content.",
  },
  MLR_PUSH_LIMIT: {
    retry: "never",
    means: "What was pushed is beyond a limit on size, rows, fields, depth or time.",
  },
  MLR_PUSH_BUSY: {
    retry: "later",
    means:
      "The ingestion service has no room, is ending, or a token sends more than it may: send it again after the time that the answer says.",
  },
  MLR_PUSH_CONFLICT: {
    retry: "never",
    means: "A batch id was used for other rows, or an offset is not where the batch stands.",
  },
  MLR_RUN_STOPPED: { retry: "never", means: "The run was asked to stop before it had finished." },
  MLR_RUN_TIMEOUT: { retry: "later", means: "A run took longer than its pipeline's limits allow." },
  MLR_NODE_TOO_OLD: {
    retry: "never",
    means: "The Node.js that runs Millrace is too old, and no newer one was found.",
  },
  MLR_LOG_SINK_FAILED: {
    retry: "later",
    means: "A log sink did not take lines; they are kept in files, and replayed when it does.",
  },
  MLR_LOG_SINK_SLOW: {
    retry: "later",
    means: "A log sink does not keep up; the lines that memory has no room for are kept in files.",
  },
  MLR_NOTIFY_FAILED: {
    retry: "later",
    means: "A notification could not be delivered: the service is down, busy or cannot be reached.",
  },
  MLR_NOTIFY_REFUSED: {
    retry: "never",
    means: "The service of a notification channel refused the message, the address or the credentials.",
  },
  MLR_SIGN_IN_REQUIRED: { retry: "never", means: "The API was asked for something without being signed in." },
  MLR_ACCESS_DENIED: {
    retry: "never",
    means:
      "Who asks the API may not do that: the role is too low, or the request does not come from its own page.",
  },
  MLR_ROUTE_NOT_FOUND: { retry: "never", means: "The API has nothing at that address." },
  MLR_REQUEST_TOO_LARGE: { retry: "never", means: "A request to the API has a larger body than it takes." },
  MLR_REQUEST_LIMIT: {
    retry: "later",
    means: "More requests were made to the API than it answers in a minute.",
  },
  MLR_ROW_NOT_FOUND: { retry: "never", means: "A table has no row with that key, or it is not shown." },
  MLR_DATA_TIMEOUT: {
    retry: "never",
    means: "The data API was asked for what takes longer to read than it allows.",
  },
  MLR_SIGN_IN_FAILED: {
    retry: "never",
    means: "Name or password is wrong, or a sign-in link was used already or has expired.",
  },
  MLR_SIGN_IN_LIMIT: {
    retry: "later",
    means: "Too many sign-ins have failed, so that no more are tried for some minutes.",
  },
  MLR_SIGN_IN_OIDC: {
    retry: "later",
    means:
      "The service that signs people in by OpenID Connect failed, or lets somebody in who has no role here.",
  },
  MLR_PASSWORD_WEAK: { retry: "never", means: "A new password is too short or too easy to guess." },
  MLR_USER_NOT_FOUND: { retry: "never", means: "There is no such user." },
  MLR_USER_EXISTS: { retry: "never", means: "There is a user of that name already." },
  MLR_USER_LAST_ADMIN: {
    retry: "never",
    means: "The change would leave nobody who may administer.",
  },
  MLR_TOKEN_NOT_FOUND: { retry: "never", means: "There is no such API token." },
  MLR_REQUEST_KEY_REUSED: {
    retry: "never",
    means: "A request to the API has an Idempotency-Key that another request had before.",
  },
  MLR_REQUEST_KEY_BUSY: {
    retry: "later",
    means: "A request to the API with the same Idempotency-Key is still being carried out.",
  },
  MLR_DEPLOY_HOST: {
    retry: "later",
    means: "A machine to deploy to cannot be reached by ssh, or is none that can be deployed to.",
  },
  MLR_DEPLOY_LOCKED: { retry: "later", means: "Somebody else is deploying to the same machine." },
  MLR_DEPLOY_FAILED: {
    retry: "never",
    means: "A step of a deploy failed before the new release was started; what ran there still runs.",
  },
  MLR_DEPLOY_UNHEALTHY: {
    retry: "never",
    means: "A new release was not seen to work, and the one before was started again.",
  },
  MLR_STORAGE_UNAVAILABLE: {
    retry: "later",
    means: "A storage of objects cannot be reached or does not answer.",
  },
  MLR_STORAGE_DENIED: { retry: "never", means: "A storage of objects refuses the access." },
  MLR_STORAGE_FULL: {
    retry: "later",
    means: "A storage of objects has no space left, or its quota is used up.",
  },
  MLR_STORAGE_DAMAGED: {
    retry: "never",
    means: "A stored object is not what was put there: its checksum differs.",
  },
  MLR_STORAGE_NOT_FOUND: { retry: "never", means: "A storage holds no such object." },
  MLR_DOCUMENT_NOT_FOUND: {
    retry: "never",
    means: "No document of that id is known, or it has no such page.",
  },
  MLR_DOCUMENT_STATE: {
    retry: "never",
    means:
      "What is wanted of a document cannot be done as it stands, such as accepting one that nobody has to look at.",
  },
  MLR_PROMOTE_REFUSED: {
    retry: "never",
    means: "Tests, migrations or figures of a bench speak against bringing a project to an environment.",
  },
  MLR_INTERNAL: { retry: "never", means: "Something happened that should be impossible: a bug in Millrace." },
} as const satisfies Record<string, { retry: "never" | "later"; means: string }>;

/** A code of the table above. */
export type ErrorCode = keyof typeof ERROR_CODES;

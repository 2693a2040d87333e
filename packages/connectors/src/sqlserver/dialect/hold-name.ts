/** Takes a lock that lives as long as the session: `taken` is 0 or 1 where it was got, negative where it was not. */
export function holdStatement(resource: string): string {
  return `DECLARE @taken int;
EXEC @taken = sys.sp_getapplock @Resource = ${resource}, @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 3000;
SELECT @taken AS taken`;
}

/**
 * Ends the session that holds the lock. Logins without the right to look (VIEW SERVER STATE, in Azure VIEW DATABASE STATE)
 * or to end (ALTER ANY CONNECTION, KILL DATABASE CONNECTION) leave it alone: the fence keeps it from committing all the same.
 */
export function endHolderStatement(resource: string): string {
  return `BEGIN TRY
  DECLARE @session int = (
    SELECT TOP (1) l.request_session_id FROM sys.dm_tran_locks AS l
    WHERE l.resource_type = N'APPLICATION' AND l.request_status = N'GRANT' AND l.resource_database_id = DB_ID()
      AND l.request_session_id <> @@SPID AND l.resource_description LIKE N'%:[[]${resource}]:%');
  DECLARE @kill nvarchar(40) = N'KILL ' + CAST(@session AS nvarchar(10));
  IF @session IS NOT NULL EXEC (@kill);
END TRY
BEGIN CATCH
  DECLARE @ignored int = ERROR_NUMBER();
END CATCH`;
}

-- Lists of commands by kind or state, where few are of it.
CREATE INDEX commands_by_kind ON millrace_control.commands (kind, requested_at DESC, id DESC);
CREATE INDEX commands_by_status ON millrace_control.commands (status, requested_at DESC, id DESC);

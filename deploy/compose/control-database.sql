-- Runs, leases, secrets: apart from the data, so that long loads hold back no vacuum of the queue.
CREATE DATABASE millrace_control;

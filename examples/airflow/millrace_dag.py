"""A DAG of Airflow (2.9 or newer) that runs pipelines of Millrace, and goes by what `millrace run --json` reports.

Millrace has schedules of its own. This is for those who have Airflow already and want the runs in its graph: every
pipeline becomes a task, its counts go to XCom, and a run that another one is in the way of is tried again.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta
from typing import Any

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException

# The program of a deployed project (`millrace deploy`), or `npx millrace` in one that is checked out.
MILLRACE = os.environ.get("MILLRACE_PROGRAM", "/srv/millrace/shop/bin/millrace").split()
# Each pipeline with those that have to succeed before it.
PIPELINES: dict[str, list[str]] = {"cities": [], "quakes": [], "totals": ["cities", "quakes"]}

# What the exit codes of Millrace mean for whoever might try again (docs/reference/exit-codes.md).
LEASE_HELD = 5
NEVER_AGAIN = {2, 3}


def run_pipeline(name: str, params: dict[str, str] | None = None) -> dict[str, Any]:
    """Runs one pipeline and returns its counts by table. Raises what Airflow retries, or what it does not."""
    command = [*MILLRACE, "run", name, "--json"]
    for key, value in (params or {}).items():
        command += ["--param", f"{key}={value}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    print(ended.stderr)
    try:
        answer = json.loads(ended.stdout)
    except json.JSONDecodeError as error:
        raise AirflowException(f"millrace said no JSON: {ended.stdout[-500:]}") from error
    if isinstance(answer, dict):
        # The command itself failed, before there was a run.
        failure = answer["error"]
        raised = AirflowFailException if ended.returncode in NEVER_AGAIN else AirflowException
        raise raised(f"{failure['code']}: {failure['message']}")
    (report,) = answer
    if report["status"] == "succeeded":
        return {"run": report["run"], "tables": report["tables"]}
    error = report.get("error", {})
    text = f"{name} {report['status']}: {error.get('code', '')} {error.get('message', '')}"
    if ended.returncode == LEASE_HELD or error.get("retry") == "later":
        raise AirflowException(text)
    raise AirflowFailException(text)


@dag(
    dag_id="millrace",
    schedule="*/30 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=2), "retry_exponential_backoff": True},
    tags=["millrace"],
)
def millrace() -> None:
    """One task for each pipeline, in the order of their parents."""
    tasks = {name: task(task_id=name)(run_pipeline)(name) for name in PIPELINES}
    for name, parents in PIPELINES.items():
        for parent in parents:
            tasks[parent] >> tasks[name]


millrace()

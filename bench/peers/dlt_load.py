"""Loads the bench's rows with dlt: dlt_load.py URL append|merge default|pyarrow ROWS. Prints the seconds of the measured load."""
import datetime
import decimal
import os
import sys
import tempfile
import time

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
import dlt  # noqa: E402

url, mode, backend, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
COUNTRIES = ["DE", "FR", "IT", "ES", "PL", "NL", "SE", "PT", "AT", "CZ"]


def rows(version):
    for i in range(count):
        mixed = ((i * 2654435761) ^ (i >> 7)) & 0xFFFFFFFF
        changed = version if i % 100 == 7 else 0
        yield {
            "id": i,
            "name": f"customer {mixed % 100000}",
            "email": f"user{i}@example.org",
            "country": COUNTRIES[mixed % 10],
            "quantity": mixed % 1000 + changed,
            "amount": decimal.Decimal(f"{mixed % 90000 + changed}.{mixed % 100:02d}"),
            "score": (mixed % 1000003) / 1000,
            "active": mixed & 1 == 1,
            "created": START + datetime.timedelta(seconds=i % 31536000, milliseconds=mixed % 1000),
            "day": (START + datetime.timedelta(days=i % 731)).date(),
        }


def data(version):
    made = list(rows(version))
    if backend == "pyarrow":
        import pyarrow

        return pyarrow.Table.from_pylist(made)
    return made


def load(made):
    pipeline = dlt.pipeline(
        pipeline_name=f"bench_{mode}_{backend}",
        pipelines_dir=tempfile.mkdtemp(),
        destination=dlt.destinations.postgres(url),
        dataset_name=f"bench_dlt_{backend}",
    )
    options = {"write_disposition": mode, "table_name": f"rows_{mode}"}
    if mode == "merge":
        options["primary_key"] = "id"
    pipeline.run(made if backend == "pyarrow" else iter([made]), **options)


if mode == "merge" and "--again" not in sys.argv:
    load(data(0))
made = data(1)
start = time.perf_counter()
load(made)
print(time.perf_counter() - start)

"""The client against a service that answers as it is told."""

import gzip
import json
import sys
import threading
import unittest
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from millrace_ingest import Client, PushError, PushUnavailable  # noqa: E402


class Service(ThreadingHTTPServer):
    """Keeps what it was sent; `answers` are given one after another, then every batch lands."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        self.answers = []
        self.landed = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        text = body.decode("utf-8")
        self.server.requests.append((self.command, self.path, dict(self.headers), text))
        answer = self.server.answers.pop(0) if self.server.answers else self._land(text)
        if answer == "drop":
            self.close_connection = True
            self.connection.close()
            return
        status, headers, value = answer
        data = json.dumps(value).encode("utf-8")
        self.send_response(status)
        for name, each in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, each)
        self.end_headers()
        self.wfile.write(data)

    def _land(self, text):
        batch = self.headers.get("idempotency-key")
        rows = len(text.splitlines())
        duplicate = batch in self.server.landed
        self.server.landed[batch] = rows
        return (
            200,
            {},
            {"batch": batch, "accepted": rows, "rejected": 0, "rejections": [], "duplicate": duplicate, "commits": []},
        )

    do_GET = do_POST = do_DELETE = _handle

    def log_message(self, *_):
        pass


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.service = Service()
        self.thread = threading.Thread(target=self.service.serve_forever, daemon=True)
        self.thread.start()
        self.now = 0.0
        self.slept = []
        url = f"http://127.0.0.1:{self.service.server_address[1]}"
        self.client = Client(url, "mlr_secret", retry_seconds=60, sleep=self._sleep, clock=lambda: self.now)

    def tearDown(self):
        self.client.close()
        self.service.shutdown()
        self.service.server_close()

    def _sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def test_sends_lines_of_json_with_token_and_batch_id(self):
        row = {"sku": "a", "price": Decimal("1.50"), "at": datetime(2026, 11, 22, 10, tzinfo=timezone.utc)}
        result = self.client.push("my prices", [row], batch_id="b1")
        method, path, headers, text = self.service.requests[0]
        self.assertEqual((method, path), ("POST", "/v1/streams/my%20prices/rows"))
        self.assertEqual(headers["authorization"], "Bearer mlr_secret")
        self.assertEqual(headers["idempotency-key"], "b1")
        self.assertEqual(json.loads(text), {"sku": "a", "price": "1.50", "at": "2026-11-22T10:00:00Z"})
        self.assertEqual((result.batch, result.accepted, result.duplicate), ("b1", 1, False))

    def test_sends_again_with_the_same_id_what_did_not_get_through(self):
        self.service.answers = [
            "drop",
            (503, {"retry-after": "7"}, {"code": "MLR_DESTINATION_UNAVAILABLE", "message": "away"}),
        ]
        result = self.client.push("prices", [{"n": 1}])
        ids = {headers["idempotency-key"] for _, _, headers, _ in self.service.requests}
        self.assertEqual((len(self.service.requests), ids), (3, {result.batch}))
        self.assertGreaterEqual(self.slept[1], 3.5)

    def test_gives_up_after_a_while(self):
        self.service.answers = [(429, {"retry-after": "20"}, {"code": "MLR_PUSH_BUSY", "message": "full"})] * 50
        with self.assertRaises(PushUnavailable) as raised:
            self.client.push("prices", [{"n": 1}])
        self.assertEqual(raised.exception.code, "MLR_PUSH_BUSY")
        self.assertLess(self.now, 60)

    def test_raises_what_another_try_does_not_mend(self):
        self.service.answers = [(403, {}, {"code": "MLR_ACCESS_DENIED", "message": "no", "hint": "ask"})]
        with self.assertRaises(PushError) as raised:
            self.client.push("prices", [{"n": 1}])
        self.assertEqual((raised.exception.status, raised.exception.hint), (403, "ask"))
        self.assertEqual(self.slept, [])

    def test_tells_rows_that_were_refused(self):
        rejection = {"row": 1, "code": "MLR_ROW_INVALID", "message": "bad"}
        body = {"accepted": 0, "rejected": 1, "rejections": [rejection], "duplicate": False}
        self.service.answers = [(422, {}, body)]
        result = self.client.push("prices", [{"n": "x"}])
        self.assertEqual([(each.row, each.code) for each in result.rejections], [(1, "MLR_ROW_INVALID")])

    def test_writer_sends_full_batches_and_the_rest(self):
        with self.client.writer("prices", batch_rows=2) as writer:
            for n in range(5):
                writer.write({"n": n})
        self.assertEqual([len(text.splitlines()) for *_, text in self.service.requests], [2, 2, 1])
        self.assertEqual(len(self.service.landed), 3)
        self.assertEqual(writer.accepted, 5)

    def test_reading_is_completed_only_where_it_ends_well(self):
        with self.client.reading("prices", scope={"shop": "a"}) as reading:
            reading.write({"n": 1})
        with self.assertRaises(ValueError):
            with self.client.reading("prices"):
                raise ValueError("the page changed")
        paths = [path.rsplit("/", 1)[1] for _, path, _, _ in self.service.requests]
        self.assertEqual(paths, ["begin", "rows", "complete", "begin"])
        self.assertEqual(json.loads(self.service.requests[0][3]), {"scope": {"shop": "a"}})

    def test_reads_and_removes_by_key(self):
        gone = (404, {}, {"code": "MLR_ROUTE_NOT_FOUND", "message": "none"})
        self.service.answers = [(200, {}, {"row": {"n": 1}}), gone, (200, {}, {"removed": 1}), gone]
        self.assertEqual(self.client.get("pairs", ("a,b", 1)), {"n": 1})
        self.assertIsNone(self.client.get("pairs", ("x", 1)))
        self.assertTrue(self.client.delete("pairs", "y"))
        self.assertFalse(self.client.delete("pairs", "y"))
        self.assertEqual(self.service.requests[0][1], "/v1/streams/pairs/rows/a%2Cb,1")


if __name__ == "__main__":
    unittest.main()

"""A backend as a stranger might write one: the standard library's HTTP server, in a process of its own.

It checks signatures by itself, counts the tries of each idempotency key, and misbehaves on demand: the path says how.
It prints its port. ``GET /seen`` gives the requests so far.
"""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = b"swordfish"
SEEN: list[dict[str, Any]] = []
TRIES: dict[str, int] = {}


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self.answer(SEEN)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        key = self.headers["Idempotency-Key"]
        TRIES[key] = TRIES.get(key, 0) + 1
        signed = b"v1:" + self.headers.get("Chat-Agent-Timestamp", "").encode() + b":" + key.encode() + b":" + body
        right = "v1=" + hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
        SEEN.append({"path": self.path, "key": key, "body": asked, "token": self.headers.get("X-Token")})
        if self.headers.get("Chat-Agent-Signature") != right:
            self.answer({}, 401)
        else:
            getattr(self, self.path.strip("/").partition("/")[0])(asked, TRIES[key])

    def answer(self, what: Any, status: int = 200, content_type: str = "application/json", **headers: str) -> None:
        body = what if isinstance(what, bytes) else json.dumps(what, indent=2).encode()
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, *lines: bytes, whole: bool = True) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in lines:
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        if whole:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    # ------------------------------------------------------------------------------- how it behaves

    def echo(self, asked: Any, tries: int) -> None:
        self.answer({"say": f"You said {asked['text']}."})

    def parts(self, asked: Any, tries: int) -> None:
        self.stream(b'{"say": "one"}\n\n{"say": ', b'"two"}\n[{"say": "three"}, {"other": 1}]\n')

    def flaky(self, asked: Any, tries: int) -> None:
        if tries < 3:
            return self.answer({}, 503, Retry_After="0")
        return self.answer([{"say": "at last"}])

    def half(self, asked: Any, tries: int) -> None:
        self.stream(b'{"say": "one"}\n', b'{"say": "two"}\n', whole=tries > 1)

    def down(self, asked: Any, tries: int) -> None:
        self.answer({}, 500)

    def later(self, asked: Any, tries: int) -> None:
        self.answer({}, 429, Retry_After="3600")

    def gone(self, asked: Any, tries: int) -> None:
        self.answer({}, 404)

    def elsewhere(self, asked: Any, tries: int) -> None:
        self.answer({}, 307, Location="/echo")

    def silent(self, asked: Any, tries: int) -> None:
        threading.Event().wait()

    def stuck(self, asked: Any, tries: int) -> None:
        self.stream(b'{"say": "one"}\n', whole=False)
        self.wfile.flush()
        threading.Event().wait()

    def page(self, asked: Any, tries: int) -> None:
        self.answer(b"<html>", content_type="text/html")

    def numbers(self, asked: Any, tries: int) -> None:
        self.answer([1, 2])

    def mistyped(self, asked: Any, tries: int) -> None:
        self.answer({"say": ["x"]})

    def endless(self, asked: Any, tries: int) -> None:
        self.answer(b"x" * 2_000_000)

    def much(self, asked: Any, tries: int) -> None:
        self.stream(*[b" " * 50_000 + b"\n"] * 30)

    def nothing(self, asked: Any, tries: int) -> None:
        self.answer(b"", 204)

    def webhooks(self, asked: Any, tries: int) -> None:
        """Rasa's REST channel with ``?stream=true``."""
        lines = [
            {"recipient_id": asked["sender"], "text": f"Hey {asked['metadata']['customer']}: {asked['message']}"},
            {"recipient_id": asked["sender"], "image": "https://example.com/a.png"},
            {"recipient_id": asked["sender"], "custom": {"attributes": {"topic": "x"}, "hand_off": True}},
        ]
        self.stream(*[json.dumps(line).encode() + b"\n" for line in lines])


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()

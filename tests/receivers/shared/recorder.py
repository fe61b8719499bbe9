"""An HTTP endpoint of the check's own, which keeps what is posted."""

import gzip
import http.server
import threading
from contextlib import contextmanager


@contextmanager
def recorder(status: int, answer: bytes = b"{}"):
    """Yields its port, and the list of (path, body) that grows."""
    posts: list[tuple[str, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            # rotel 0.0.1a15 says gzip to X-Ray and doesn't mean it.
            if self.headers.get("content-encoding") == "gzip" and body.startswith(b"\x1f\x8b"):
                body = gzip.decompress(body)
            posts.append((self.path, body))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, posts
    finally:
        server.shutdown()
        server.server_close()

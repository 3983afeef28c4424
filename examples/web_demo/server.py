"""Serves a Website on one port of this machine: its hosts end in .localhost and share it."""

import http.server
import threading
import time


def serve(website, port):
    """Starts to serve; returns the server, whose `shutdown()` ends it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):  # the name that http.server wants
            host = self.headers.get("Host", "").partition(":")[0]
            answer = website.answers.get((host, self.path))
            if answer is None:
                self.send_error(404)
                return
            time.sleep(answer.delay)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            size = answer.claimed_size if answer.claimed_size >= 0 else len(answer.body)
            self.send_header("Content-Length", str(size))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = size != len(answer.body)

        def log_message(self, format, *arguments):  # nobody reads them
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, request, client_address):  # clients that give up are part of the demo
            pass

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

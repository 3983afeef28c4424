"""Crawls the pages of the demo's web into archives of the kinds that Common Crawl gives out: WARC, and WAT."""

import gzip
import html.parser
import http.client
import json
import urllib.parse
import urllib.robotparser

AGENT = "diptych-demo"


def crawl(website, port, warc_path, wat_path):
    """Follows the links from every host's index, as robots.txt allows. Pages of every second host go to the WAT
    file, as their pictures alone; the others to the WARC file. Returns how many pages there were."""
    pages = 0
    with open(warc_path, "wb") as warc, open(wat_path, "wb") as wat:
        for number, host in enumerate(website.hosts()):
            for url, head, body in _pages_of(host, port):
                pages += 1
                if number % 2 == 0:
                    warc.write(_record("response", url, "application/http; msgtype=response", head + body))
                else:
                    wat.write(_record("metadata", url, "application/json", _wat(url, body)))
    return pages


def _pages_of(host, port):
    robots = urllib.robotparser.RobotFileParser()
    robots.parse(_get(host, port, "/robots.txt")[1].decode().splitlines())
    wanted, seen = ["/"], {"/"}
    while wanted:
        path = wanted.pop(0)
        if not robots.can_fetch(AGENT, path):
            continue
        head, body = _get(host, port, path)
        yield f"http://{host}:{port}{path}", head, body
        for link in _Links(body).pages:
            target = urllib.parse.urljoin(path, link)
            if target not in seen:
                seen.add(target)
                wanted.append(target)


def _get(host, port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": f"{host}:{port}", "User-Agent": AGENT})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{name}: {value}" for name, value in answer.getheaders())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), body


class _Links(html.parser.HTMLParser):
    def __init__(self, body):
        super().__init__()
        self.pages, self.pictures = [], []
        self.feed(body.decode())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "a" and "href" in attributes:
            self.pages.append(attributes["href"])
        if tag == "img":
            texts = {name: attributes[name] for name in ("alt", "title") if name in attributes}
            self.pictures.append({"path": "IMG@/src", "url": attributes.get("src", ""), **texts})


def _wat(url, body):
    content = {"HTTP-Response-Metadata": {"Response-Message": {"Status": "200"}, "HTML-Metadata": {"Links": _Links(body).pictures}}}
    return json.dumps({"Envelope": {"WARC-Header-Metadata": {"WARC-Type": "response", "WARC-Target-URI": url},
                                    "Payload-Metadata": content}}).encode()


def _record(kind, url, content_type, block):
    head = (f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(block)}\r\n\r\n")
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)

#!/usr/bin/env python3
"""Makes archives like Common Crawl's for measuring: FOLDER/pages.wat.gz and FOLDER/pages.warc.gz, a gzip member a record.

Usage: make_archives.py FOLDER [--pages N] [--text FILE]. No packages needed; the same bytes every time. Pages have 150 links
and some 25 pictures of which half have a text, and as in the crawls each has a request, a response and a metadata record. Texts
are of few words in six languages; --text takes them from the lines of a file, so that words are as many and as often as there.
"""

import argparse
import gzip
import json
import pathlib
import random

WORDS = {
    "en": "the a of and cat dog house garden red blue photo picture image view old new city street river bridge with on in from "
          "summer winter morning light kitchen recipe chocolate cake bread women men shoes leather jacket free shipping sale".split(),
    "de": "der die das und ein eine Katze Hund Haus Garten rot blau Bild Ansicht alt neu Stadt Straße Fluss Brücke mit auf im aus "
          "Sommer Winter Morgen Licht Küche Rezept Kuchen Brot Damen Herren Schuhe Lederjacke Versand Angebot".split(),
    "fr": "le la les et un une chat chien maison jardin rouge bleu photo image vue vieux nouvelle ville rue rivière pont avec sur "
          "dans été hiver matin lumière cuisine recette gâteau pain femmes hommes chaussures cuir veste livraison".split(),
    "ru": "кот собака дом сад красный синий фото картинка вид старый новый город улица река мост с на в из лето зима утро свет "
          "кухня рецепт торт хлеб женская мужская обувь кожаная куртка доставка скидка".split(),
    "ja": "猫 犬 家 庭 赤い 青い 写真 画像 古い 新しい 街 通り 川 橋 夏 冬 朝 光 台所 レシピ ケーキ パン 靴 革 送料無料 セール".split(),
    "es": "el la los y un una gato perro casa jardín rojo azul foto imagen vista viejo nueva ciudad calle río puente con en de "
          "verano invierno mañana luz cocina receta pastel pan mujeres hombres zapatos cuero chaqueta envío".split(),
}
LANGUAGES = ["en"] * 5 + ["de", "fr", "ru", "ja", "es"]
SCRIPT = "(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});if(a<b&&c>d){f('<img src=x>')}})"
STYLE = ".wp-block-image img{height:auto;max-width:100%;vertical-align:bottom}.has-text-align-center>a{margin:0 auto}"


class Page:
    def __init__(self, chance, number, lines):
        self.chance = chance
        self.lines = lines
        self.words = WORDS[chance.choice(LANGUAGES)]
        self.host = f"www.site-{chance.randrange(5000)}.example.{chance.choice(['com', 'org', 'de', 'ru', 'jp'])}"
        self.url = f"https://{self.host}/blog/{number}/{chance.randrange(10**6)}.html"
        self.images = [self.image() for _ in range(chance.randrange(50))]
        self.links = [(f"/category/{self.slug()}/{chance.randrange(10**5)}/", self.text(4)) for _ in range(150)]
        self.paragraphs = [self.text(60) for _ in range(20)]

    def text(self, most):
        if self.lines:
            words = self.chance.choice(self.lines).split()
            return " ".join(words[:self.chance.randint(1, most)])
        return " ".join(self.chance.choice(self.words) for _ in range(self.chance.randint(1, most)))

    def slug(self):
        return "-".join(self.chance.choice(WORDS["en"]) for _ in range(3))

    def image(self):
        path = f"wp-content/uploads/2023/{self.chance.randint(1, 12):02}/{self.slug()}-{self.chance.randrange(10**6)}-300x200.jpg"
        url = self.chance.choice([f"/{path}", f"https://cdn.{self.host}/{path}", path])
        image = {"path": "IMG@/src", "url": url}
        if self.chance.random() < 0.5:
            image["alt"] = self.text(12) + self.chance.choice(["", " & more", ' "2023"', "."])
        if self.chance.random() < 0.1:
            image["title"] = self.text(8)
        return image

    def html(self):
        def escape(text):
            return text.replace("&", "&amp;").replace('"', "&quot;")

        tags = []
        for image in self.images:
            texts = "".join(f' {kind}="{escape(image[kind])}"' for kind in ("alt", "title") if kind in image)
            tags.append(f'<figure class="wp-block-image size-large"><img loading="lazy" width="300" height="200" src="{image["url"]}"{texts}></figure>')
        links = [f'<li class="menu-item"><a href="{url}">{text}</a></li>' for url, text in self.links]
        text = [f"<p class=\"has-text\">{paragraph}</p>" for paragraph in self.paragraphs]
        return ("<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>" + self.text(8) + "</title>"
                + "".join(f"<style>{STYLE}</style><script>{SCRIPT * 8}</script>" for _ in range(6)) + "</head><body>"
                + "\n".join(links + tags + text) + "</body></html>").encode()

    def wat(self):
        links = [{"path": "A@/href", "url": url, "text": text} for url, text in self.links]
        headers = {"Date": "Mon, 05 Jun 2023 11:22:33 GMT", "Content-Type": "text/html; charset=UTF-8", "Server": "nginx",
                   "Connection": "close", "Vary": "Accept-Encoding", "Cache-Control": "max-age=0"}
        return json.dumps({"Container": {"Filename": "CC-MAIN-20230605.warc.gz", "Compressed": True, "Offset": "123456"},
                           "Envelope": {"Format": "WARC", "WARC-Header-Length": "583", "WARC-Header-Metadata": {
                               "WARC-Type": "response", "WARC-Target-URI": self.url, "Content-Length": "45678"},
                               "Payload-Metadata": {"HTTP-Response-Metadata": {"Response-Message": {"Status": "200"},
                                   "Headers": headers, "HTML-Metadata": {
                                       "Head": {"Title": self.text(8), "Metas": [{"name": "viewport", "content": self.text(9)}] * 6},
                                       "Links": links + self.images}}}}}, ensure_ascii=False, separators=(",", ":")).encode()

    def other(self, kind):
        return json.dumps({"Container": {"Filename": "CC-MAIN-20230605.warc.gz", "Compressed": True, "Offset": "123456"},
                           "Envelope": {"Format": "WARC", "WARC-Header-Length": "583", "WARC-Header-Metadata": {
                               "WARC-Type": kind, "WARC-Target-URI": self.url, "Content-Length": "456"},
                               "Payload-Metadata": {"HTTP-Request-Metadata": {"Headers": {
                                   "User-Agent": "CCBot/2.0 (https://commoncrawl.org/faq/)", "Accept": "text/html", "Host": self.host},
                                   "Entity-Digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}}}}, separators=(",", ":")).encode()


def record(kind, url, content_type, block):
    head = (f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2023-06-05T11:22:33Z\r\n"
            f"WARC-Record-ID: <urn:uuid:1b2c3d4e-0000-0000-0000-000000000000>\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(block)}\r\n\r\n")
    return gzip.compress(head.encode() + block + b"\r\n\r\n", 6, mtime=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pages", type=int, default=20000)
    parser.add_argument("--text", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    lines = [line for line in arguments.text.read_text().splitlines() if line.split()] if arguments.text else []
    chance = random.Random(1)
    with open(arguments.folder / "pages.wat.gz", "wb") as wat, open(arguments.folder / "pages.warc.gz", "wb") as warc:
        for number in range(arguments.pages):
            page = Page(chance, number, lines)
            for kind in ("request", "response", "metadata"):
                wat.write(record("metadata", page.url, "application/json", page.wat() if kind == "response" else page.other(kind)))
            request = f"GET {page.url} HTTP/1.1\r\nHost: {page.host}\r\n\r\n".encode()
            response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n" + page.html()
            warc.write(record("request", page.url, "application/http; msgtype=request", request))
            warc.write(record("response", page.url, "application/http; msgtype=response", response))
            warc.write(record("metadata", page.url, "application/warc-fields", b"fetchTimeMs: 120\r\ncharset-detected: UTF-8\r\n"))


if __name__ == "__main__":
    main()

"""The web of the demo: pages of six languages with pictures, few subjects on many of them and many on few, and what
the real web has besides: decoys, spam, copies, broken links, a slow host, and hosts that do not want to be copied."""

import dataclasses
import html

import pictures
from concepts import LANGUAGES, VENDORS

SENTENCES = {
    "en": ["a photo of a {}", "a drawing of the {} that we all like", "{}", "this is the {} from our summer holiday",
           "the best {} you can buy in our shop"],
    "de": ["ein Bild mit {} aus unserem Garten", "das hier ist {} und noch viel mehr", "{}"],
    "fr": ["une photo avec {} dans notre jardin", "voici {} pour toute la famille", "{}"],
    "es": ["una foto con {} en nuestro jardín", "este es {} para toda la familia", "{}"],
    "zh": ["这是一张{}的图片，我们都很喜欢", "我们商店里最好的{}", "{}"],
    "ja": ["これは私たちの庭にある{}の写真です", "とても素敵な{}のイラスト", "{}"],
}
SHARES = {"en": 50, "de": 12, "fr": 12, "es": 10, "zh": 8, "ja": 8}
PICTURES_A_PAGE = 12
SPAM = "spam.localhost"
SLOW = "slow.localhost"
PRIVATE = "private.localhost"  # its robots.txt forbids /members/
OPTED_OUT = "artist.localhost"  # sends X-Robots-Tag: noai
MIRROR = "mirror.localhost"  # has the same bytes, and smaller copies


@dataclasses.dataclass(frozen=True)
class Answer:
    body: bytes
    kind: str = "image/png"
    status: int = 200
    headers: tuple = ()
    claimed_size: int = -1  # below 0: the true one
    delay: float = 0.0  # seconds


class Website:
    """`answers`: (host, path) -> Answer. Every host has an index page that links to its pages."""

    def __init__(self, concepts, chance, port, head):
        self.answers = {}
        self._chance = chance
        self._port = port
        self._images = {}  # host -> what its pages show, as HTML
        self._read = {}
        for rank, concept in enumerate(concepts):
            for number in range(max(2, head // (rank + 1))):
                self._show(concept, number, concepts)
        for host, images in self._images.items():
            self._write_pages(host, images)

    def hosts(self):
        return sorted({host for host, _ in self.answers})

    def _show(self, concept, number, concepts):
        chance = self._chance
        language = chance.choices(LANGUAGES, [SHARES[language] for language in LANGUAGES])[0]
        host = self._host_for(language)
        folder = "members" if host == PRIVATE else "pictures"
        path = f"/{folder}/{concept.id}-{number}.png"
        picture = self._drawn(concept)
        headers = (("X-Robots-Tag", "noai"),) if host == OPTED_OUT else ()
        answer = Answer(picture, headers=headers, delay=30.0 if host == SLOW else 0.0)
        broken = chance.random() < 0.05
        self.answers[host, path] = chance.choice(_broken(picture, path)) if broken else answer
        caption = chance.choice(SENTENCES[language]).format(concept.names[language])
        self._place(host, path, caption)
        if chance.random() < 0.08:  # a second page about it
            self._place(host, path, f"{caption} 2")
        if chance.random() < 0.06:
            self._copy(picture, path, caption)
        if chance.random() < 0.15:
            self._decoy(host)
        if chance.random() < 0.08:
            self._spam(concepts)

    def _host_for(self, language):
        kind = self._chance.random()
        for host, share in ((SLOW, 0.01), (PRIVATE, 0.02), (OPTED_OUT, 0.02)):
            if kind < share:
                return host
            kind -= share
        return f"{language}.localhost"

    def _drawn(self, concept):
        vendor = self._chance.choice(VENDORS)
        if (concept.id, vendor) not in self._read:
            self._read[concept.id, vendor] = pictures.read_png(concept.pictures[vendor])
        return pictures.drawn(self._read[concept.id, vendor], self._chance)

    def _copy(self, picture, path, caption):
        copy = picture
        if self._chance.random() < 0.5:
            rows = pictures.halved(pictures.rows_of(picture))
            copy = pictures.write_png(len(rows[0]) // 3, len(rows), rows)
        self.answers[MIRROR, path] = Answer(copy)
        self._place(MIRROR, path, caption)

    def _decoy(self, host):
        path = f"/theme/{self._chance.randrange(10**6)}.png"
        self.answers[host, path] = Answer(pictures.flat(self._chance))
        self._place(host, path, self._chance.choice(["", "logo", "click here to subscribe", "IMG_2041.JPG"]))

    def _spam(self, concepts):
        words = " ".join(concept.names["en"] for concept in self._chance.choices(concepts, k=8))
        path = f"/offer/{self._chance.randrange(10**6)}.png"
        self.answers[SPAM, path] = Answer(pictures.flat(self._chance))
        self._place(SPAM, path, f"cheap {words} free shipping")

    def _place(self, host, path, caption):
        kind = "title" if self._chance.random() < 0.1 else "alt"
        text = f' {kind}="{html.escape(caption)}"' if caption else ""
        self._images.setdefault(host, []).append(f'<p><img src="http://{host}:{self._port}{path}"{text}></p>')

    def _write_pages(self, host, images):
        self._chance.shuffle(images)
        links = []
        for first in range(0, len(images), PICTURES_A_PAGE):
            path = f"/page-{first // PICTURES_A_PAGE}.html"
            links.append(f'<a href="{path}">more</a>')
            self.answers[host, path] = _page("".join(images[first:first + PICTURES_A_PAGE]))
        self.answers[host, "/"] = _page("".join(links))
        forbidden = "Disallow: /members/" if host == PRIVATE else "Disallow:"
        self.answers[host, "/robots.txt"] = Answer(f"User-agent: *\n{forbidden}\n".encode(), "text/plain")


def _page(body):
    return Answer(f"<!DOCTYPE html><meta charset=utf-8><title>pictures</title>{body}".encode(), "text/html; charset=utf-8")


def _broken(picture, path):
    return [Answer(b"not found", "text/plain", 404), Answer(b"gone", "text/plain", 410),
            Answer(b"<html>sign in first</html>", "text/html"),
            Answer(picture[:len(picture) // 2], claimed_size=len(picture)), Answer(picture[:len(picture) // 2]),
            Answer(b"", "text/plain", 302, (("Location", path),))]

"""PNG files, read, drawn on a ground and written, with the standard library alone."""

import os
import struct
import zlib

SIDE = 72
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def can_be_read(path):
    """Whether it is there, a PNG with 8-bit RGBA, and not interlaced."""
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        head = file.read(29)
    return head.startswith(_SIGNATURE) and (head[24], head[25], head[28]) == (8, 6, 0)


def read_png(path):
    """(width, height, rows of RGBA bytes) of a file that `can_be_read`."""
    with open(path, "rb") as file:
        data = file.read()
    width, height = struct.unpack(">II", data[16:24])
    packed, at = b"", 8
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    raw = zlib.decompress(packed)
    rows, above = [], bytearray(4 * width)
    for y in range(height):
        begin = y * (4 * width + 1)
        above = _unfiltered(raw[begin], bytearray(raw[begin + 1:begin + 1 + 4 * width]), above)
        rows.append(bytes(above))
    return width, height, rows


def _unfiltered(kind, row, above):
    for i, value in enumerate(row):
        left = row[i - 4] if i >= 4 else 0
        corner = above[i - 4] if i >= 4 else 0
        guess = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
        row[i] = (value + guess) & 255
    return row


def _paeth(left, above, corner):
    distances = (abs(above - corner), abs(left - corner), abs(left + above - 2 * corner))
    return (left, above, corner)[distances.index(min(distances))]


def drawn(picture, chance):
    """A PNG of SIDE pixels: the picture somewhere on a ground of two colours, larger or smaller, mirrored or not."""
    width, height, rows = picture
    first, last = ([chance.randrange(256) for _ in range(3)] for _ in range(2))
    side = chance.randint(SIDE * 5 // 9, SIDE)
    left, top = (chance.randint(0, SIDE - side) for _ in range(2))
    columns = [x * width // side for x in range(side)]
    if chance.random() < 0.5:
        columns.reverse()
    lines = []
    for y in range(SIDE):
        share = y / SIDE
        ground = [round(a + (b - a) * share) for a, b in zip(first, last)]
        line = bytearray(bytes(ground) * SIDE)
        if top <= y < top + side:
            _lay_over(line, rows[(y - top) * height // side], columns, left, ground)
        lines.append(bytes(line))
    return write_png(SIDE, SIDE, lines)


def _lay_over(line, row, columns, left, ground):
    for x, column in enumerate(columns, left):
        alpha = row[4 * column + 3]
        for channel in range(3 if alpha else 0):
            value = row[4 * column + channel] * alpha + ground[channel] * (255 - alpha)
            line[3 * x + channel] = value // 255


def halved(png_rows):
    """Every second pixel of every second row: a smaller copy of a picture. `png_rows`: rows of RGB bytes."""
    return [b"".join(row[6 * x:6 * x + 3] for x in range(len(row) // 6)) for row in png_rows[::2]]


def rows_of(png):
    """The rows of RGB bytes of a PNG that `write_png` wrote."""
    size = struct.unpack(">I", png[33:37])[0]
    raw = zlib.decompress(png[41:41 + size])
    width, height = struct.unpack(">II", png[16:24])
    return [raw[y * (3 * width + 1) + 1:(y + 1) * (3 * width + 1)] for y in range(height)]


def write_png(width, height, rows):
    """A PNG of rows of RGB bytes."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
             (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))), (b"IEND", b"")]
    return _SIGNATURE + b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
                                 for name, data in parts)


def flat(chance):
    """A banner: one colour, wide and low."""
    return write_png(120, 30, [bytes(chance.randrange(256) for _ in range(3)) * 120] * 30)

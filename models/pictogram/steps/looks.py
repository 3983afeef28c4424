"""How a one-coloured icon is drawn: in which colour, on what, with how thick lines. An icon set draws all
its icons alike; a model that saw them so would learn the set and not the thing."""

import re

_DARK = ("#000", "#222", "#333", "#1b2a41", "#3b2f2f")
_COLOURS = {"red": "#d8342c", "orange": "#ee7b1b", "yellow": "#e9b500", "green": "#2f9e44",
            "blue": "#1f6fd6", "purple": "#7d3bc0", "pink": "#e0559b", "brown": "#80512f",
            "grey": "#777f88", "turquoise": "#12a5a0"}
_GROUNDS = {**_COLOURS, "black": "#16181d", "dark blue": "#14274e", "dark green": "#123d2a"}
_PALE = ("#fdf3d8", "#e4f1fb", "#e6f5e6", "#fbe4ea", "#eceff1", "#efe6fa")


def dress(icon, choice):
    """(words for it or "", SVG) of an icon of icons.py."""
    if icon.colours:
        return "", document(icon.body, icon.box)
    body = _with_lines(icon.body, choice.choice((0.7, 0.85, 1, 1, 1, 1.25, 1.5)))
    draw = choice.random()
    if draw < 0.45:
        return choice.choice(("", "black", re.sub(r"[\d ]*\d[a-z]* ?", "", icon.manner))), document(body, icon.box, choice.choice(_DARK))
    if draw < 0.68:
        name = choice.choice(sorted(_COLOURS))
        return name, document(body, icon.box, _COLOURS[name])
    if draw < 0.80:
        name = choice.choice(sorted(_COLOURS))
        return name, document(body, icon.box, _COLOURS[name], _ground(icon.box, choice, choice.choice(_PALE)))
    name = choice.choice(sorted(_GROUNDS))
    return f"white on {name}", document(body, icon.box, "#fff", _ground(icon.box, choice, _GROUNDS[name]))


def document(body, box, colour="#222", ground=("", 0)):
    """An SVG of a body that is drawn in `colour`, on `ground`: (element, margin as a part of the side)."""
    element, margin = ground
    left, top, width, height = box
    across, down = width * margin, height * margin
    view = f"{left - across:g} {top - down:g} {width + 2 * across:g} {height + 2 * down:g}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width + 2 * across:g}" height="{height + 2 * down:g}" viewBox="{view}" '
            f'color="{colour}">{element}{body.replace("currentColor", colour)}</svg>')


def _ground(box, choice, colour):
    """A square, a rounded one or a disc below the icon."""
    left, top, width, height = box
    margin = choice.choice((0.12, 0.2, 0.3))
    side = max(width, height)
    across, down = width / 2 + side * margin, height / 2 + side * margin
    corner = choice.choice((0, 0, 0.2, 1)) * min(across, down)
    if corner == min(across, down):
        margin += 0.1
        across, down = width / 2 + side * margin, height / 2 + side * margin
        corner = min(across, down)
    return (f'<rect x="{left + width / 2 - across:g}" y="{top + height / 2 - down:g}" '
            f'width="{2 * across:g}" height="{2 * down:g}" rx="{corner:g}" fill="{colour}"/>', margin)


def _with_lines(body, factor):
    if factor == 1:
        return body
    return re.sub(r'stroke-width="([\d.]+)"',
                  lambda match: f'stroke-width="{float(match.group(1)) * factor:g}"', body)

"""Draws SVG and rescales PNG, on squares, with Debian's librsvg and cairo, called in this process: starting
rsvg-convert for each of twenty thousand pictures would take longer than drawing them."""

import ctypes

# Side of what the training set keeps, in pixels; the model looks at 96.
SIZE = 112

_FORMAT_ARGB32 = 0
_FILTER_BEST = 2


class _Rectangle(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("x", "y", "width", "height")]


def _library(name, signatures):
    library = ctypes.CDLL(name)
    for function, (result, *arguments) in signatures.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


_pointer, _double, _int = ctypes.c_void_p, ctypes.c_double, ctypes.c_int
_cairo = _library("libcairo.so.2", {
    "cairo_image_surface_create": (_pointer, _int, _int, _int),
    "cairo_image_surface_create_from_png": (_pointer, ctypes.c_char_p),
    "cairo_image_surface_get_width": (_int, _pointer),
    "cairo_image_surface_get_height": (_int, _pointer),
    "cairo_surface_status": (_int, _pointer),
    "cairo_surface_write_to_png": (_int, _pointer, ctypes.c_char_p),
    "cairo_surface_destroy": (None, _pointer),
    "cairo_create": (_pointer, _pointer),
    "cairo_destroy": (None, _pointer),
    "cairo_scale": (None, _pointer, _double, _double),
    "cairo_translate": (None, _pointer, _double, _double),
    "cairo_set_source_rgb": (None, _pointer, _double, _double, _double),
    "cairo_set_source_surface": (None, _pointer, _pointer, _double, _double),
    "cairo_get_source": (_pointer, _pointer),
    "cairo_pattern_set_filter": (None, _pointer, _int),
    "cairo_paint": (None, _pointer),
})
_rsvg = _library("librsvg-2.so.2", {
    "rsvg_handle_new_from_data": (_pointer, ctypes.c_char_p, ctypes.c_size_t, _pointer),
    "rsvg_handle_get_intrinsic_size_in_pixels": (_int, _pointer, _pointer, _pointer),
    "rsvg_handle_get_geometry_for_layer":
        (_int, _pointer, ctypes.c_char_p, _pointer, _pointer, _pointer, _pointer),
    "rsvg_handle_render_document": (_int, _pointer, _pointer, _pointer, _pointer),
})
_gobject = _library("libgobject-2.0.so.0", {"g_object_unref": (None, _pointer)})


def draw_svg(svg, path, size=SIZE, ground=None):
    """Draws what an SVG (bytes) shows, its empty margins left out, in the middle of a square of
    `size` pixels, transparent or of the colour `ground` (red, green, blue in [0, 1]). False when it
    is no picture."""
    handle = _rsvg.rsvg_handle_new_from_data(svg, len(svg), None)
    if not handle:
        return False
    page, ink = _page(handle), _Rectangle()
    _rsvg.rsvg_handle_get_geometry_for_layer(
        handle, None, ctypes.byref(page), ctypes.byref(ink), None, None)
    ink = _common(ink, page)
    if not (ink.width > 0 and ink.height > 0):  # unknown: nothing drawn, or a filter without bounds
        ink = page

    def paint(context):
        _fit(context, ink, size)
        return _rsvg.rsvg_handle_render_document(handle, context, ctypes.byref(page), None)

    drawn = _written(size, ground, path, paint)
    _gobject.g_object_unref(handle)
    return drawn


def rescale_png(source, path, size=SIZE, ground=None):
    """The same for a PNG file."""
    surface = _cairo.cairo_image_surface_create_from_png(source.encode())
    drawn = _cairo.cairo_surface_status(surface) == 0
    if drawn:
        whole = _Rectangle(0, 0, _cairo.cairo_image_surface_get_width(surface),
                           _cairo.cairo_image_surface_get_height(surface))

        def paint(context):
            _fit(context, whole, size)
            _cairo.cairo_set_source_surface(context, surface, 0, 0)
            _cairo.cairo_pattern_set_filter(_cairo.cairo_get_source(context), _FILTER_BEST)
            _cairo.cairo_paint(context)
            return True

        drawn = _written(size, ground, path, paint)
    _cairo.cairo_surface_destroy(surface)
    return drawn


def _fit(context, part, size):
    """Scales so that `part` of the drawing lies in the middle of the square."""
    scale = size / max(part.width, part.height)
    _cairo.cairo_translate(context, (size - part.width * scale) / 2,
                           (size - part.height * scale) / 2)
    _cairo.cairo_scale(context, scale, scale)
    _cairo.cairo_translate(context, -part.x, -part.y)


def _page(handle):
    """The document's own page, or a square where it names none in pixels."""
    width, height = _double(), _double()
    known = _rsvg.rsvg_handle_get_intrinsic_size_in_pixels(
        handle, ctypes.byref(width), ctypes.byref(height))
    if not known or width.value <= 0 or height.value <= 0:
        return _Rectangle(0, 0, 1024, 1024)
    return _Rectangle(0, 0, width, height)


def _common(a, b):
    """The part of `a` within `b`: a drawing may reach over the edge of its page."""
    left, top = max(a.x, b.x), max(a.y, b.y)
    right, bottom = min(a.x + a.width, b.x + b.width), min(a.y + a.height, b.y + b.height)
    return _Rectangle(left, top, right - left, bottom - top)


def _written(size, ground, path, draw):
    surface = _cairo.cairo_image_surface_create(_FORMAT_ARGB32, size, size)
    context = _cairo.cairo_create(surface)
    if ground:
        _cairo.cairo_set_source_rgb(context, *ground)
        _cairo.cairo_paint(context)
    drawn = bool(draw(context))
    _cairo.cairo_destroy(context)
    drawn = drawn and _cairo.cairo_surface_write_to_png(surface, path.encode()) == 0
    _cairo.cairo_surface_destroy(surface)
    return drawn

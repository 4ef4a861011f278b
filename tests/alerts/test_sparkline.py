from io import BytesIO

import pytest
from PIL import Image

from monitor.alerts.sparkline import HEIGHT, WIDTH, sparkline

LIMIT, BEYOND, LINE = (0xB4, 0x53, 0x09), (0xB4, 0x23, 0x18), (0x0A, 0x3A, 0x9E)


def colours(data: bytes) -> set[tuple[int, int, int]]:
    image = Image.open(BytesIO(data)).convert("RGB")
    return {colour for _, colour in image.getcolors(1 << 20)}


def test_it_is_a_png_with_twice_the_pixels():
    image = Image.open(BytesIO(sparkline([1, 2, 3])))
    assert image.format == "PNG"
    assert image.size == (2 * WIDTH, 2 * HEIGHT)


def test_the_limit_is_drawn_only_where_there_is_one():
    assert LIMIT in colours(sparkline([1, 2, 3], low=2))
    assert LIMIT not in colours(sparkline([1, 2, 3]))


def test_a_last_point_beyond_the_limit_has_another_colour():
    assert BEYOND in colours(sparkline([3, 2, 1], low=2))
    assert BEYOND not in colours(sparkline([1, 2, 3], low=2))
    assert BEYOND in colours(sparkline([1, 2, 3], high=2))


@pytest.mark.parametrize("values", [[], [1.0], [None, 1.0, float("nan")], [float("inf"), 2.0]])
def test_too_little_to_draw_gives_no_picture(values):
    assert sparkline(values) == b""


def test_gaps_constants_and_limits_of_any_size_are_drawn():
    for values in ([1, None, 2, float("nan"), 3], [5, 5, 5], [0, 0], [1e300, -1e300], [1e-300, 0]):
        assert LINE in colours(sparkline(values, low=0, high=float("inf")))


def test_the_same_values_give_the_same_bytes():
    assert sparkline([1, 2, 3], high=2) == sparkline([1, 2, 3], high=2)

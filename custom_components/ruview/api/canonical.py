"""JSON as RFC 8785 writes it, which is what servers sign: keys sorted, no space, numbers as ECMAScript writes them."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

# Greater numbers are written with an exponent; and smaller ones below the second.
_MAX_DIGITS: Final = 21
_MAX_ZEROS: Final = 6


def canonical(value: object) -> bytes:
    """Return decoded JSON as RFC 8785 writes it; ValueError for what cannot be written."""
    return _write(value).encode()


def _write(value: object) -> str:
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float():
            return _number(value)
        case dict():
            return "{" + ",".join(f"{_write(key)}:{_write(value[key])}" for key in _sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(_write, value)) + "]"
    message = f"expected JSON, found {type(value).__name__}"
    raise ValueError(message)


def _sorted(value: Mapping[str, Any]) -> list[str]:
    """Sort keys by their UTF-16 code units."""
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _number(value: float) -> str:
    """Write a number as ECMAScript does: the shortest digits that mean it, as Python finds them too."""
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        message = "expected a finite number"
        raise ValueError(message)
    if value == 0:
        return "0"
    sign, digit_tuple, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    # Where the point stands, counted from the first digit.
    point = len(digits) + int(exponent)
    if len(digits) <= point <= _MAX_DIGITS:
        text = digits.ljust(point, "0")
    elif 0 < point <= _MAX_DIGITS:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -_MAX_ZEROS < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        text = f"{mantissa}e{point - 1:+d}"
    return "-" + text if sign else text

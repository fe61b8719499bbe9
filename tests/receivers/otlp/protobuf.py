"""Reads protobuf without its schema: as much as a check needs."""

import struct
from collections.abc import Iterator


def fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Each field's number and value: varints as integers, 64 bits as a double, anything longer as bytes."""
    position = 0
    while position < len(message):
        key, position = varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, position = varint(message, position)
        elif kind == 1:
            (value,) = struct.unpack_from("<d", message, position)
            position += 8
        elif kind == 2:
            length, position = varint(message, position)
            value = message[position : position + length]
            position += length
        else:
            raise ValueError(f"field {number} is of kind {kind}")
        yield number, value


def varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def every(message: bytes, number: int) -> list:
    return [value for field, value in fields(message) if field == number]


def one(message: bytes, number: int, default=b""):
    """The last one, as protobuf has it."""
    return (every(message, number) or [default])[-1]


def mapping(entries: list[bytes]) -> dict[str, str | float]:
    """A map's entries: the key is field 1, the value field 2."""
    found = {}
    for entry in entries:
        value = one(entry, 2)
        found[one(entry, 1).decode()] = value.decode() if isinstance(value, bytes) else value
    return found

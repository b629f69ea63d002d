"""How large a Parquet file becomes when it is read, told by its page headers before anything is decompressed.

The footer tells sizes too, but nothing holds a file to them; readers allocate what the page headers say. A header is a
struct of Thrift's compact protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md,
`PageHeader` in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from typing import Any, Final, NamedTuple

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_MAX_DEPTH: Final = 6
_DECODED_SIZE, _STORED_SIZE = 2, 3  # fields of PageHeader


class PageSizes(NamedTuple):
    """Pages of a file and their bytes after decompression."""

    n_pages: int
    n_bytes: int


def page_sizes(data: bytes, metadata: Any, max_pages: int) -> PageSizes:
    """Walk every page that the footer (pyarrow's `FileMetaData`) points to; stops beyond `max_pages`.

    `ValueError` for headers that are none.
    """
    n_pages = n_bytes = 0
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            start = min(place for place in (chunk.data_page_offset, chunk.dictionary_page_offset, len(data)) if place)
            end = start + chunk.total_compressed_size
            if start < 0 or end > len(data):
                raise ValueError("a column lies outside the file")
            while start < end and n_pages <= max_pages:
                header = _Header(data, start, end)
                start = header.end + header.stored_size
                n_pages += 1
                n_bytes += header.decoded_size
    return PageSizes(n_pages, n_bytes)


class _Header:
    """One page header: both sizes of its page, and where the page begins."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._at, self._limit = data, start, end
        sizes = dict.fromkeys((_DECODED_SIZE, _STORED_SIZE), -1)
        field = 0
        while (head := self._byte()) & 0x0F != _STOP:
            field = field + (head >> 4) if head >> 4 else self._number()
            if field in sizes and head & 0x0F == _I32:
                sizes[field] = self._number()
            else:
                self._skip(head & 0x0F, 0)
        self.end = self._at
        self.decoded_size, self.stored_size = sizes[_DECODED_SIZE], sizes[_STORED_SIZE]
        if min(sizes.values()) < 0:
            raise ValueError("a page without a size")

    def _skip(self, kind: int, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ValueError("a page header that is nested too deeply")
        if kind in (_BYTE, _DOUBLE):
            self._move(1 if kind == _BYTE else 8)
        elif kind in (_I16, _I32, _I64):
            self._varint()
        elif kind == _BINARY:
            self._move(self._varint())
        elif kind == _STRUCT:
            while (head := self._byte()) & 0x0F != _STOP:
                if not head >> 4:
                    self._varint()
                self._skip(head & 0x0F, depth + 1)
        elif kind not in (_TRUE, _FALSE):  # a header has no list, set or map
            raise ValueError("a page header of another kind")

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ValueError("a number without an end")

    def _byte(self) -> int:
        if self._at >= self._limit:
            raise ValueError("a page header without an end")
        self._at += 1
        return self._data[self._at - 1]

    def _move(self, n_bytes: int) -> None:
        self._at += n_bytes
        if self._at > self._limit:
            raise ValueError("a page header without an end")

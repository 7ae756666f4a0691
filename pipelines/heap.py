"""The heap of glibc: what one array has left is there for the next.

Dask's nanny starts workers with ``MALLOC_TRIM_THRESHOLD_`` at 64 kB, which also fixes glibc's
``M_MMAP_THRESHOLD`` at 128 kB: every band is given back to the system and faulted in anew. On a
site of a batch that is ten times the page faults and a fifth of the time. Set here is what glibc
itself would come to (mallopt(3), "dynamic mmap threshold").
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_MMAP_THRESHOLD = 4 * 1024 * 1024 * ctypes.sizeof(ctypes.c_long)
"""glibc takes no larger one."""


def settle() -> None:
    """Let this process keep what it has freed; nothing where the C library is another."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        library.mallopt(M_TRIM_THRESHOLD, 2 * LARGEST_MMAP_THRESHOLD)

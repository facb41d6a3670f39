"""The inner loops of search, in C: what is bound here is told where it is used.

The library is built with this package (``setup.py``) and needs nothing but a C
compiler. Arrays must be contiguous and of the stated type; :func:`address`
checks that. Calls let other threads run.
"""

import ctypes
import sysconfig
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

P: Final = ctypes.c_void_p
N: Final = ctypes.c_int32
L: Final = ctypes.c_int64
F: Final = ctypes.c_double


def _library() -> ctypes.CDLL:
    """The built library beside this file."""
    name = f"_kernels{sysconfig.get_config_var('EXT_SUFFIX')}"
    try:
        return ctypes.CDLL(str(Path(__file__).with_name(name)))
    except OSError as error:
        raise ImportError(f"vault_index was installed without its C library ({name}): install it again") from error


def address(array: NDArray[Any], dtype: type[np.generic]) -> int:
    """Where a contiguous array of this type lies; anything else is a programming error."""
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise TypeError(f"expected contiguous {dtype.__name__}, got {array.dtype}")
    return int(array.ctypes.data)


def _bound(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_LIBRARY, name)
    function.restype, function.argtypes = result, arguments
    return function


_LIBRARY: Final = _library()

triplets: Final = _bound("lv_triplets", L, P, P, L, N, N, N, P, P)
keys: Final = _bound("lv_keys", None, P, P, L, P, P, L, N, P, P, P, P)
lists: Final = _bound("lv_lists", L, P, N, P, P, P, P, L, N, P, P, N, L, P, P, P, P, P)
votes: Final = _bound("lv_votes", L, P, P, P, P, P, P, L, P, P, P, L, P, P, N, L, P, L, N, L, P, P)
coincide: Final = _bound("lv_coincide", L, P, P, P, P, L, L, L, L, F, P, P, L, P, P, P)
values: Final = _bound("lv_values", None, P, L, F, F, P, P, L, F, F, F, P, P)
trial: Final = _bound("lv_trial", L, P, L, F, F, P, L, F, F, F, F, F, F, P, N, P, N, P, N, L, F, L, L, P, N, N, F, P)
pairs: Final = _bound("lv_pairs", L, P, L, P, P, L, F, F, F, P, P, P)

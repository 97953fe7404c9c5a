"""Files from strangers, opened by GDAL: by one driver only, without a look at the files beside them."""

import contextlib
import threading
import warnings
from pathlib import Path

from raremask.errors import InputError

__all__ = ["opened"]

# Bytes that GDAL keeps of what it has decoded.
_KEPT_BY_GDAL = 64 * 2**20

# The filters of warnings are the process's, not the thread's.
_OPENING = threading.Lock()


@contextlib.contextmanager
def opened(path, vrt=None, cache=None):
    """The file as a rasterio data set; whatever goes wrong within is one line.

    Args:
        path: of a TIFF.
        vrt: the text of a virtual raster that is opened in its stead.
        cache: bytes of what it has decoded that GDAL may keep, in the whole process.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    quiet = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
    quiet["GDAL_CACHEMAX"] = cache or _KEPT_BY_GDAL
    try:
        with rasterio.Env(**quiet):
            with _OPENING, warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                # An absolute path can be none of the names that GDAL takes for something else than a file.
                named = (Path(path).absolute(), "GTiff") if vrt is None else (vrt, "VRT")
                file = rasterio.open(named[0], driver=named[1])
            with file:
                yield file
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{path} does not fit into memory; cut it into tiles") from error
    except Exception as error:
        # GDAL's errors are of many types; the cause is the one that tells.
        reason = " ".join(str(error.__cause__ or error).split())[:200]
        kind = "TIFF" if vrt is None else "virtual raster"
        raise InputError(f"{path} cannot be read as {kind} ({reason}); restore it or leave it out") from error

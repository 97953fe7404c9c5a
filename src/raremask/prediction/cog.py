"""Cloud-optimised GeoTIFFs of rows that lie raw on the disk."""

from xml.sax.saxutils import escape

from raremask.data.gdal import opened
from raremask.files import written_beside

__all__ = ["write_cog"]

_GDAL_NAMES = {"uint8": "Byte", "float32": "Float32"}

# Bytes that GDAL keeps of what it reads and writes.
_KEPT_BY_GDAL = 64 * 2**20


def write_cog(rows, shape, kind, place, path):
    """Write a tiled, compressed GeoTIFF with overviews, beside the rows and moved; memory does not grow with its size.

    The same rows give the same bytes.

    Args:
        rows: path of the file of stored values, row by row.
        shape: (height, width).
        kind: `raremask.prediction.kinds.Kind` of the values.
        place: `raremask.prediction.source.Place`, or None.
        path: where the GeoTIFF goes.

    Raises:
        JobError: the disk is full or the folder cannot be written.
    """
    import rasterio
    from rasterio.shutil import copy

    header = rows.with_suffix(".vrt")
    with written_beside(header) as temporary:
        temporary.write_text(_vrt(rows.name, shape, kind, place), encoding="utf-8")
    # Means of probabilities; of a mask every other pixel, which leaves thin lines dotted but not swallowed.
    options = {"OVERVIEW_RESAMPLING": "NEAREST" if kind.scale is None else "AVERAGE"}
    # 3 takes two thirds of the time of the default, 6; on two cores one thread takes less than two.
    options |= {"COMPRESS": "DEFLATE", "LEVEL": "3"}
    if kind.scale is not None:
        options["PREDICTOR"] = "YES"
    quiet = {"GDAL_CACHEMAX": _KEPT_BY_GDAL, "GDAL_NUM_THREADS": "1", "GDAL_PAM_ENABLED": "NO"}
    # Beside the rows: what a process leaves there that is killed now goes when the rows go, as do GDAL's own beside it.
    with written_beside(path, durable=True, folder=rows.parent) as temporary, rasterio.Env(**quiet):
        try:
            copy(header.absolute(), temporary.absolute(), driver="COG", BIGTIFF="IF_SAFER", **options)
            with opened(temporary) as file:
                # What a full disk cut off at its end is missed here.
                file.read(1, window=((shape[0] - 1, shape[0]), (0, shape[1])))
        except Exception as error:  # GDAL's errors are of many types
            if isinstance(error, OSError) and error.errno:
                raise
            raise OSError(" ".join(str(error.__cause__ or error).split())[:200]) from error


def _vrt(name, shape, kind, place):
    height, width = shape
    size = {"uint8": 1, "float32": 4}[kind.dtype]
    lines = [f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">']
    if place and place.crs:
        lines.append(f"<SRS>{escape(place.crs)}</SRS>")
    if place and place.transform:
        a, b, c, d, e, f = place.transform
        lines.append(f"<GeoTransform>{c!r}, {a!r}, {b!r}, {f!r}, {d!r}, {e!r}</GeoTransform>")
    lines += [
        f'<VRTRasterBand dataType="{_GDAL_NAMES[kind.dtype]}" band="1" subClass="VRTRawRasterBand">',
        f"<NoDataValue>{kind.nodata}</NoDataValue>",
        f"<Scale>{kind.scale!r}</Scale>" if kind.scale not in (None, 1.0) else "",
        f'<SourceFilename relativeToVRT="1">{escape(name)}</SourceFilename>',
        f"<ImageOffset>0</ImageOffset><PixelOffset>{size}</PixelOffset><LineOffset>{width * size}</LineOffset>",
        "<ByteOrder>LSB</ByteOrder></VRTRasterBand></VRTDataset>",
    ]
    return "\n".join(lines)

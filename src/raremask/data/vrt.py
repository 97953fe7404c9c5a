"""Virtual rasters (GDAL's VRT): XML that lays TIFFs side by side or band by band.

Such a file may also name addresses, programs and any other format that GDAL reads. From strangers only what
``gdalbuildvrt`` and ``gdal_translate`` write of local TIFFs is taken: plain bands of sources, each of them a file that
begins as TIFFs do. What GDAL gets to see is that text with the paths made absolute, not the file.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

from raremask.data.gdal import opened
from raremask.data.rasters import described
from raremask.data.tiff import tags_of
from raremask.errors import InputError
from raremask.files import read_text

__all__ = ["find_vrt"]

_SOURCES = {"SimpleSource", "ComplexSource", "AveragedSource", "NoDataFromMaskSource"}

# What stands in a data set, in a band and in a source; sizes, statistics, georeference and colours, but no program.
_IN_DATASET = {"SRS", "GeoTransform", "GCPList", "Metadata", "VRTRasterBand", "MaskBand", "OverviewList", "BlockXSize"}
_IN_DATASET |= {"BlockYSize"}
_IN_BAND = {"Description", "UnitType", "Offset", "Scale", "NoDataValue", "HideNoDataValue", "ColorInterp", "ColorTable"}
_IN_BAND |= {"CategoryNames", "Histograms", "Metadata", "MaskBand", *_SOURCES}


def find_vrt(path, bands=None):
    """Open a virtual raster.

    Args:
        path: of the .vrt.
        bands: as `raremask.data.rasters.find_raster`.

    Returns:
        `raremask.data.rasters.Raster`.

    Raises:
        InputError: it cannot be read, or asks for more than local TIFFs.
    """
    path = Path(path)
    text = read_text(path)
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise InputError(f"{path} is refused: it declares entities of its own")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"{path} is no virtual raster: {error}") from error
    if root.tag != "VRTDataset" or root.get("subClass"):
        kind = root.get("subClass") or root.tag
        raise InputError(f"{path} is refused: only plain virtual rasters of TIFFs are read, not {kind[:40]!r}")
    _refuse_others(path, root, _IN_DATASET)
    for band in root.iter("VRTRasterBand"):
        if band.get("subClass"):
            raise InputError(f"{path} is refused: it has a band of the kind {band.get('subClass')[:40]!r}")
        _refuse_others(path, band, _IN_BAND)
    for mask in root.iter("MaskBand"):
        _refuse_others(path, mask, {"VRTRasterBand"})
    for part in root.iter():
        if part.tag == "OpenOptions":
            raise InputError(f"{path} is refused: it opens its files with options of its own")
    sources = tuple(_source(path, named) for named in root.iter("SourceFilename"))
    if not sources:
        raise InputError(f"{path} names no file")
    text = ElementTree.tostring(root, encoding="unicode")
    with opened(path, text) as file:
        return described(path, file, bands, vrt=text, sources=tuple(dict.fromkeys(sources)))


def _refuse_others(path, element, allowed):
    for part in element:
        if part.tag not in allowed:
            raise InputError(f"{path} is refused: only plain virtual rasters of TIFFs are read, not {part.tag[:40]!r}")


def _source(path, named):
    """The file that is named, made absolute in the text, too."""
    name = (named.text or "").strip()
    file = Path(name)
    if named.get("relativeToVRT", "0") == "1":
        file = path.absolute().parent / name
    elif not file.is_absolute():
        file = file.absolute()
    if not file.is_file():
        raise InputError(f"{path} names {name[:100]!r}, which is no file here")
    if tags_of(file) is None:
        raise InputError(f"{path} names {name[:100]!r}, which is no TIFF: only TIFFs are read through virtual rasters")
    named.text = str(file)
    named.attrib.clear()
    named.set("relativeToVRT", "0")
    return file

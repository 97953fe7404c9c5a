"""Vectors: a mask on disk in, polygons or centre lines in a GeoJSON or a GeoPackage out."""

from raremask.vector.write import KINDS, Written, check_vector_path, write_vector

__all__ = ["KINDS", "Written", "check_vector_path", "write_vector"]

"""One shop in one file: `nexus tenant export` and `nexus tenant import`."""

"""`nexus backup FILE` and `nexus restore FILE` (docs/backup.md, docs/decisions/0021)."""

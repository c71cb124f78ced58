"""The one origin for browsers where an installation has a single public host (S-008); off unless it is started."""

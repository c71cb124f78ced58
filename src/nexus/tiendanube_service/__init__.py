"""An HTTP face of the Tienda Nube gateway for callers of v2 (S-007); off unless it is started."""

"""Nexus v3: WhatsApp sales and customer service for Tienda Nube shops."""

__version__ = "3.0.0"

"""YCloud, the way to WhatsApp."""

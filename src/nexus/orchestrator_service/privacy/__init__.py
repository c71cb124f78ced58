"""What the law gives a customer and a shop: their data in their hands, and its end (docs/privacy.md)."""

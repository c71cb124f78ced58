"""The form of the model's final answer. It neither numbers the bubbles nor vouches for their links (llm.md A2)."""

from pydantic import BaseModel, Field


class ModelBubble(BaseModel):
    """Una burbuja de WhatsApp: texto, imagen o la ficha de un producto."""

    text: str | None = Field(
        None,
        description="Texto corto, sin markdown; los links solos en su renglón. Para un dato de un producto poné "
        "{precio:ID}, {stock:ID}, {talles:ID} o {link:ID} (ID: producto, o producto:variante): se completa solo",
    )
    image_url: str | None = Field(None, description="image_url de un producto devuelto por una herramienta")
    product_id: int | None = Field(
        None,
        description="id de un producto devuelto por una herramienta: se manda su ficha con foto, precio, talles en "
        "stock y link, sin que los escribas. El primero es el que mejor responde; los demás salen en una lista corta",
    )
    variant_id: int | None = Field(None, description="id de la variante (talle, color) pedida de ese producto")


class Reply(BaseModel):
    """La respuesta final para el cliente, en 1 a 3 burbujas."""

    bubbles: list[ModelBubble] = Field(description="Las burbujas en orden")

"""The form of the model's final answer. It neither numbers the bubbles nor vouches for their links (llm.md A2)."""

from pydantic import BaseModel, Field


class ModelBubble(BaseModel):
    """Una burbuja de WhatsApp: texto o imagen."""

    text: str | None = Field(None, description="Texto corto, sin markdown; los links solos en su renglón")
    image_url: str | None = Field(None, description="image_url de un producto devuelto por una herramienta")


class Reply(BaseModel):
    """La respuesta final para el cliente, en 1 a 3 burbujas."""

    bubbles: list[ModelBubble] = Field(description="Las burbujas en orden")

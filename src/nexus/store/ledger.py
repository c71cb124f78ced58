"""The ledger of model calls: what each of them took, priced when it was made."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a model; `tokens_in` includes `cached`, `tokens_out` includes `reasoning` (as providers count).

    Tokens are None where the server told none, `cost_usd` where the model's price is not known.
    """

    model: str
    tokens_in: int | None
    cached: int | None
    tokens_out: int | None
    reasoning: int | None
    cost_usd: Decimal | None
    seconds: float

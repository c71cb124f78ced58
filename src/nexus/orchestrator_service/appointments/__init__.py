"""The agenda: what is free, booking it, and its calendar feeds; what the API and the agent's tools share."""

"""The password of the tests' accounts."""

from argon2 import PasswordHasher

PASSWORD = "una contraseña larga"
STORED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""As an account keeps it, but cheap to verify: ours take a tenth of a second of a core at each login."""

"""Real PostgreSQL and Valkey for one machine, and the supervisor behind `up` and `demo`."""

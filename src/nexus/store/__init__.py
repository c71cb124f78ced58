"""The only room that speaks SQL. Functions take the pool or connection, then the tenant; see docs/architecture.md."""

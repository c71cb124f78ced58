"""The admin API of contract.md section 4: people by session cookie, machines by token, one tenant at a time."""

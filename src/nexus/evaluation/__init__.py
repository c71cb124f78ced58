"""`nexus eval`: scenario files played against the real agent and stores, scored by what was done (docs/eval.md)."""

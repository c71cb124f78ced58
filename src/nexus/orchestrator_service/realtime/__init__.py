"""Socket.IO on the Orchestrator's port: who may listen to which shop, and what each change says (S-070 to S-076)."""

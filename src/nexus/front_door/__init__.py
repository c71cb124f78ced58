"""What every process for browsers is made of: the pages' files, and the way to the Orchestrator on the same host."""

"""The panel's process: its static files, and the way from the browser to the Orchestrator on one public host."""

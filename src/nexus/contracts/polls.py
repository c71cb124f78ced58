"""How platform-ui asks the Orchestrator about several polls of panels at once (S-085, decision 0027).

`POST /internal/polls` with a JSON list of at most `MOST` polls, each `[path, query, tag, tenant, cookies]`: the path at
the Orchestrator and the rest as the browser sent it (`tag` is If-None-Match, `tenant` X-Tenant-ID). The answer is the
list of the places, counted from 0, of those for which a GET would have been 304. Each is judged by its own session; of
those left out nothing is said, the GET itself tells. The path is none that platform-ui passes on.
"""

PATH = "/internal/polls"
MOST = 64
LONGEST_PART = 4096
"""Characters of one part of a poll; a longer one is asked the usual way."""
UNCHANGED_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Cookie, X-Admin-Token, X-Tenant-ID"}
"""What stands beside the ETag: kept by the caller's browser only, and asked about each time."""

"""Prometheus figures by the seed's exact names (S-065 to S-068) and what operations need beyond them."""

from prometheus_client import Counter, Gauge, Histogram

HTTP_REQUESTS = Counter("http_requests", "Requests by route template", ["service", "endpoint", "method", "status"])
HTTP_LATENCY = Histogram("http_request_latency_seconds", "Seconds a request took", ["service", "endpoint"])
TOOL_CALLS = Counter("tool_calls", "Tool calls by outcome: ok, empty, error, refused", ["tool", "status"])
GATE_VERDICTS = Counter(
    "gate_verdicts",
    "Violations found in replies by kind, and what became of the reply; none: without fault",
    ["kind", "outcome"],
)
LLM_TOKENS = Gauge(
    "llm_tokens_used", "Tokens used since start; a gauge, for the seed's name has no _total", ["tenant_id"]
)

WEBHOOK_EVENTS = Counter("webhook_events", "Webhook events by outcome", ["type", "outcome"])
SIGNATURES_REFUSED = Counter("webhook_signatures_refused", "Webhooks refused with 401", ["reason"])
SIGNATURES_LATE = Counter("webhook_signatures_late", "Valid signatures older than five minutes")
PREVIOUS_SECRET = Counter(
    "webhook_previous_secret",
    "Webhooks that a shop's former secret signed, taken or refused after its time",
    ["outcome"],
)
ACK_BATCH = Histogram(
    "webhook_ack_batch_size", "Events acknowledged in one statement", buckets=(1, 2, 5, 10, 20, 50, 100)
)
BURSTS = Counter("bursts", "Bursts by outcome", ["outcome"])
FENCE_REJECTIONS = Counter("fence_rejections", "Results thrown away because another claim held the conversation")
SENDS = Counter("sends", "Bubbles by the state a send ended in", ["state"])
UPSTREAM_LATENCY = Histogram("upstream_latency_seconds", "Seconds of a call that left our network", ["upstream"])
BREAKER_OPEN = Gauge("upstream_breaker_open", "1 while calls to the upstream are held back", ["upstream"])
QUEUE_AGE = Gauge("queue_oldest_seconds", "Age of what has waited longest", ["queue"])
QUEUE_LENGTH = Gauge("queue_length", "What waits", ["queue"])
SOCKET_CLIENTS = Gauge("socket_clients", "Views that listen to this process's Socket.IO")
ANNOUNCEMENTS = Counter("announcements", "Changes told to the views")
MEDIA = Counter("media", "Customers' files by what became of them", ["type", "outcome"])
DISK_FREE = Gauge("media_disk_free_bytes", "Free on the disk that holds customers' files")
DISK_SIZE = Gauge("media_disk_size_bytes", "Size of that disk")

# Counters that alerts watch start at 0: one that appears with its first failure has not risen, as Prometheus sees it.
for outcome in ("ok", "ignored", "duplicate", "error", "retry", "lost", "parked"):
    BURSTS.labels(outcome)
for state in ("sent", "pending", "failed", "unknown", "discarded"):
    SENDS.labels(state)
for refusal in ("missing", "malformed", "wrong", "retired", "late", "future"):
    SIGNATURES_REFUSED.labels(refusal)
for outcome_of_former in ("taken", "refused"):
    PREVIOUS_SECRET.labels(outcome_of_former)

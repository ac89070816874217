"""What Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

ANSWERS = Counter("maden_answers_total", "Answers of the program, by what came of them.", ["outcome"])
for _outcome in ("answered", "unreachable", "fault"):  # a rate sees the first of a kind only where there was a 0 before
    ANSWERS.labels(outcome=_outcome)
ANSWER_SECONDS = Histogram(
    "maden_answer_seconds",
    "Seconds from the beginning of an answer to its end.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
LOOP_FAILURES = Counter(
    "maden_loop_failures_total", "Rounds of the service's loops that failed; the loop goes on.", ["loop"]
)
TRIES_USED_UP = Counter("maden_tries_used_up_total", "Negotiations left to a person because no try could answer them.")
MESSAGES = Counter("maden_messages_total", "Messages that came in, by whether they were new.", ["kind"])
LOGINS = Counter("maden_logins_total", "Tries of operators to log in, by what came of them.", ["outcome"])
REQUESTS = Counter("maden_http_requests_total", "Requests, by route and status.", ["route", "status"])

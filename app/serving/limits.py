"""What one who asks may take of the server; `deploy/nginx.conf` says the same to whoever comes through the proxy."""

from __future__ import annotations

MAX_ADDRESS_BYTES = 4 * 1024
"""Path and query of a request."""
MAX_HEAD_BYTES = 16 * 1024
"""Request line and headers together."""
PIECE_BYTES = 1024
"""Read at once from one connection: requests that wait for the answers to those before them are few."""
MAX_BODY_BYTES = 16 * 1024
REQUEST_S = 15.0
"""From a request's first byte, or a connection's beginning, to the request's last byte."""
STALLED_S = 30.0
"""How long an answer may wait for whoever does not read it."""
KEEP_ALIVE_S = 5
"""How long a connection stays open between two requests."""
CONNECTIONS = 700
"""Of one process; who comes beyond is told 503. A process may have 1,024 files open, connections to a database among
them, unless its system says otherwise."""
SPARE_CONNECTIONS = 100
"""As many more are told so; the next ones are let go unheard."""
STREAMS_OF_A_LINK = 4
"""Pages that one link keeps open in one process; one more, and the oldest is closed."""
STREAMS_OF_A_NEGOTIATION = 8
"""The same of all links to one negotiation."""

"""Scripts for machines that are lent for minutes; no part of what is installed."""

"""Calls: from what people said on the telephone or in a chat to negotiation records."""

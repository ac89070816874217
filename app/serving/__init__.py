"""The service's edge: how long and how large a request may be, how many connections there are at once."""

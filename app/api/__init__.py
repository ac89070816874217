"""The service over HTTP: what debtors may see and do, what the people responsible may."""

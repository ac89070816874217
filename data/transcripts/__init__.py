"""Transcripts of calls: who said what, from exports of any form, and whose words they are."""

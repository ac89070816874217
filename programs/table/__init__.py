"""The table that two seats meet at: whose turn it is, what each side sees, when it ends. Knows no model.

from programs.table import view
"""

from programs.table.runner import DebtorReply, TableState, play, view

__all__ = ["DebtorReply", "TableState", "play", "view"]

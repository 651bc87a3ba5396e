"""Defects that somebody has reported: each an executable check, present, fixed or not applicable here.

The rows are data, ``adapters/known_defects/*.toml``: the reporter's script, what he saw, what is due, and why.
``reading`` makes records of them, ``checks`` runs their scripts through a worker and says which of the two came back.
"""

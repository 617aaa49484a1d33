"""The report of an evaluation: tables, charts, a page to look through."""

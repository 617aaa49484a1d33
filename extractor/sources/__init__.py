"""Sources: one file for each thing that can speak for a field."""

"""What users get to see: JSON, tables on a terminal, a page in HTML."""

"""What users get to see: JSON, tables on a terminal, a page in HTML.

In: a result, its first integrals and the facts about its algebra. Out: text; the JSON is read back by `read_result`.
Source: none.
"""

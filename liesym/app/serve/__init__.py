"""The report as a local app: a form, work in processes of its own that can be stopped, the page to read and to keep.

In: equations as a person types them into a browser on the same machine. Out: the page of `liesym report`.
"""

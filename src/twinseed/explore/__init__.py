"""The page to play with: answers and static files, served on this machine alone.

Nothing is computed here: each answer is made by the verbs and functions of the library. starlette
and uvicorn are imported by this package alone, and by no module before the command runs.
"""

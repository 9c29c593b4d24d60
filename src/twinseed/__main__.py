"""``python -m twinseed``: the command line, where the folder of scripts is not on the path."""

from twinseed.cli import app

if __name__ == "__main__":
    app(prog_name="twinseed")

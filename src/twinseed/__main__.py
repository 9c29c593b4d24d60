"""``python -m twinseed`` starts the command line."""

from twinseed.cli import app

if __name__ == "__main__":
    app(prog_name="twinseed")

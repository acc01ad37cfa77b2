"""`python -m liesym` is the command `liesym`."""

from liesym.app.cli import main

if __name__ == "__main__":
    main()

"""``python -m newsbot`` is the command ``newsbot``."""

from newsbot.cli import main

if __name__ == "__main__":
    main()

"""What light jobs ask of numpy; importing it takes a tenth of their time."""

__version__ = "light"

"""What became of earlier versions' names."""

MIGRATION_GUIDE = "https://github.com/ruvnet/RuView/blob/main/docs/python.md#from-1x"


class MigrationError(ImportError):
    """A name of version 1 that is not here any more; the message says what took its place."""

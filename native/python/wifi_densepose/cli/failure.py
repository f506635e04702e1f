"""What a command says when it cannot do what it is asked for."""


class CommandError(Exception):
    """A message for the person at the keyboard: what is wrong, and what to do."""

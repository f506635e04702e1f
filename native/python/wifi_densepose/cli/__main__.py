"""`python -m wifi_densepose.cli`, for machines whose PATH lacks the command."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())

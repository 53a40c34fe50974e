import sys

from reminder_bot.cli import main

sys.exit(main())

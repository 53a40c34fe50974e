"""The faults the bot must survive, each with its protection and the test that fails without it.

    python -m tests.faults            lists them
    python -m tests.faults prove      takes out each protection in turn, in a copy, and shows its test fail
    python -m tests.faults prove 4 12 only these

A protection is taken out by replacing a piece of the source; when the piece is not there any more, the proof
fails and says so, so that this list follows the code.
"""

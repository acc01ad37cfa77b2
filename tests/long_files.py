"""Files of tests that take longest, in seconds on an idle core; a new long file is entered here to be started early."""

SECONDS: dict[str, float] = {}

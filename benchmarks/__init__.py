"""Measuring the app and the estimator: ``make bench`` and ``make calibrate``."""

import checkin  # noqa: F401 - before numpy: it keeps it to one thread, or small products wait for each other

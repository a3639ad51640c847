"""What a delivered record costs: told by the settings, narrowest first, and never guessed."""

from decimal import Decimal

import pytest

from scrape_assets.flow.money.budget import check_money
from scrape_assets.flow.money.prices import cost_of, dollars, price_of, unpriced
from scrape_assets.settings import Settings, SettingsError
from scrape_assets.sources import registry

POSTS = registry.dataset("linkedin").dataset_id
TOLD = {"brightdata": "0.0015", "Brightdata/LinkedIn": "0.002", f"brightdata/{POSTS}": "0.003", "x": "0.005"}


@pytest.mark.parametrize(
    ("source", "platform", "dataset_id", "price"),
    [
        ("brightdata", "linkedin", POSTS, "0.003"),
        ("brightdata", "linkedin", "gd_another", "0.002"),
        ("brightdata", "instagram", "gd_another", "0.0015"),
        ("x", "x", None, "0.005"),
        ("bluesky", "bluesky", None, None),
    ],
)
def test_the_narrowest_price_holds(source: str, platform: str, dataset_id: str | None, price: str | None) -> None:
    found = price_of(Settings(prices=TOLD), source, platform, dataset_id)
    assert found == (None if price is None else Decimal(price))


def test_the_vendors_old_setting_is_its_price_where_no_narrower_one_is_told() -> None:
    settings = Settings(brightdata_price_per_record=0.001, prices={"brightdata/x": "0.002"})
    assert price_of(settings, "brightdata", "linkedin") == Decimal("0.001")
    assert price_of(settings, "brightdata", "x") == Decimal("0.002")
    assert price_of(settings, "x", "x") is None


def test_what_has_no_price_costs_nobody_knows_what_and_what_is_free_costs_nothing() -> None:
    assert cost_of(Settings(), "brightdata", "linkedin", None, 10) is None
    assert cost_of(Settings(prices={"brightdata": 0}), "brightdata", "linkedin", None, 10) == 0


def test_a_paid_source_without_a_price_is_said_and_a_free_one_is_not() -> None:
    assert "what a record of brightdata costs for linkedin" in str(unpriced(Settings(), "brightdata", "linkedin"))
    assert "SCRAPE_ASSETS_PRICES" in str(unpriced(Settings(), "x", "x"))
    assert unpriced(Settings(), "bluesky", "bluesky") is None
    assert unpriced(Settings(prices={f"brightdata/{POSTS}": 1}), "brightdata", "linkedin") is None


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"prices": {"brigthdata": 1}}, "there is no source 'brigthdata'; there are brightdata, "),
        ({"prices": {"brightdata/linkdin": 1}}, "brightdata has no 'linkdin'; it has linkedin, "),
        ({"prices": {"x/linkedin": 1}}, "x has no 'linkedin'; it has x"),
        ({"budgets": {"week": 1}}, "names 'week': a budget is for a 'day' or a 'month'"),
        ({"budgets": {"linkedin": {"year": 1}}}, "'year' for linkedin: a budget is for a 'day' or a 'month'"),
        ({"budgets": {"linkedin": 1}}, "'linkedin': a budget is for a 'day' or a 'month'"),
        ({"budgets": {"day": {"day": 1}}}, "unknown platform 'day'"),
    ],
)
def test_a_name_that_is_none_is_refused_in_words(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        check_money(Settings(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SCRAPE_ASSETS_PRICES", '{"x": -1}'),
        ("SCRAPE_ASSETS_PRICES", '{"x": "NaN"}'),
        ("SCRAPE_ASSETS_PRICES", "{x: 1}"),
        ("SCRAPE_ASSETS_BUDGETS", '{"day": "five"}'),
        ("SCRAPE_ASSETS_BUDGETS", '{"linkedin": {"day": -1}}'),
        ("SCRAPE_ASSETS_FRESHNESS_MINUTES", "-1"),
    ],
)
def test_an_amount_that_is_none_is_refused_once_naming_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment()
    assert str(refused.value).count(variable) == 1


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1.2", "$1.20"),
        ("0.4", "$0.40"),
        ("0.0375", "$0.0375"),
        ("12.3456", "$12.35"),
        ("0", "$0.00"),
        ("-2", "-$2.00"),
    ],
)
def test_an_amount_is_said_as_people_read_it(amount: str, said: str) -> None:
    assert dollars(Decimal(amount)) == said

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.identity import NotAProfile, ProfileKind, profile_key

JANE = "in/jane-doe"
ACME = "company/acme"

SPELLINGS = [
    ("https://www.linkedin.com/in/jane-doe", JANE),
    ("https://www.linkedin.com/in/jane-doe/", JANE),
    ("http://www.linkedin.com/in/jane-doe", JANE),
    ("https://linkedin.com/in/jane-doe", JANE),
    ("linkedin.com/in/jane-doe", JANE),
    ("www.linkedin.com/in/jane-doe/", JANE),
    ("//www.linkedin.com/in/jane-doe", JANE),
    ("in/jane-doe", JANE),
    ("/in/jane-doe/", JANE),
    ("https://it.linkedin.com/in/jane-doe", JANE),
    ("https://uk.linkedin.com/in/jane-doe?trk=public_post", JANE),
    ("https://m.linkedin.com/in/jane-doe", JANE),
    ("https://touch.linkedin.com/in/jane-doe", JANE),
    ("https://touch.www.linkedin.com/in/jane-doe", JANE),
    ("https://www.linkedin.com:443/in/jane-doe", JANE),
    ("www.linkedin.com:443/in/jane-doe", JANE),
    ("https://www.linkedin.com./in/jane-doe", JANE),
    ("HTTPS://WWW.LINKEDIN.COM/IN/JANE-DOE", JANE),
    ("https://www.linkedin.com/in/Jane-Doe", JANE),
    ("https://www.linkedin.com//in//jane-doe//", JANE),
    ("https:/www.linkedin.com/in/jane-doe", JANE),
    ("https://www.linkedin.com/in/jane-doe?originalSubdomain=uk", JANE),
    ("https://www.linkedin.com/in/jane-doe/?miniProfileUrn=urn%3Ali%3Afs_miniProfile%3AACoAAB", JANE),
    ("https://www.linkedin.com/in/jane-doe#experience", JANE),
    ("https://www.linkedin.com/in/jane-doe/de", JANE),
    ("https://www.linkedin.com/in/jane-doe/detail/recent-activity/shares", JANE),
    ("https://www.linkedin.com/in/jane-doe/recent-activity/all/", JANE),
    ("https://www.linkedin.com/in/jane-doe/overlay/contact-info/", JANE),
    ("https://www.linkedin.com/in/jane-doe/%FF", JANE),
    ("https://www.linkedin.com/mwlite/in/jane-doe", JANE),
    ("https://www.linkedin.com/today/author/jane-doe", JANE),
    ("https://www.linkedin.com/today/author/jane-doe?trk=public_post", JANE),
    ("https://www.linkedin.com/in/%6Aane-doe", JANE),
    ("https://www.linkedin.com/in/jane-doe%E2%80%8B", JANE),
    ("  https://www.linkedin.com/in/jane-doe\n", JANE),
    ("\ufeffhttps://www.linkedin.com/in/jane-doe\u200b", JANE),
    ("<https://www.linkedin.com/in/jane-doe>", JANE),
    ("(https://www.linkedin.com/in/jane-doe)", JANE),
    ('"https://www.linkedin.com/in/jane-doe",', JANE),
    ("https://www.linkedin.com/in/jane-doe.", JANE),
    ("https://www.linkedin.com/in/jane-doe/,", JANE),
    ("https://www.linkedin.com/in/jane-doe?", JANE),
    ("https://www.linkedin.com/in/jane-doe./?trk=x", JANE),
    (
        "https://www.linkedin.com/authwall?trk=x&sessionRedirect=https%3A%2F%2Fuk.linkedin.com%2Fin%2FJane-Doe%2F",
        JANE,
    ),
    ("https://www.linkedin.com/login?session_redirect=%2Fin%2Fjane-doe%3Ftrk%3Dx", JANE),
    ("https://www.linkedin.com/in/jos%C3%A9-garc%C3%ADa", "in/josé-garcía"),
    ("https://www.linkedin.com/in/JOS%C3%89-garc%c3%ada", "in/josé-garcía"),
    ("https://www.linkedin.com/in/jose%CC%81-garci%CC%81a", "in/josé-garcía"),
    ("https://www.linkedin.com/in/josé-garcía", "in/josé-garcía"),
    ("https://www.linkedin.com/in/jos%25C3%25A9-garc%25C3%25ADa", "in/josé-garcía"),
    ("https://www.linkedin.com/in/%D7%93%D7%A0%D7%94-%D7%9B%D7%94%D7%9F", "in/דנה-כהן"),
    ("https://www.linkedin.com/in/王芳", "in/王芳"),
    ("https://www.linkedin.com/in/thomas-wei%C3%9F", "in/thomas-weiss"),
    ("https://www.linkedin.com/in/ACoAAB3xYz_9-QwErTy", "in/ACoAAB3xYz_9-QwErTy"),
    ("https://uk.linkedin.com/IN/ACwAAB3xYz_9-QwErTy/?x", "in/ACwAAB3xYz_9-QwErTy"),
    ("https://www.linkedin.com/company/acme", ACME),
    ("https://www.linkedin.com/company/Acme/", ACME),
    ("https://de.linkedin.com/company/acme?trk=public_post_feed-actor-image", ACME),
    ("https://www.linkedin.com/company/acme/posts/?feedView=all", ACME),
    ("https://www.linkedin.com/company/acme/about/", ACME),
    ("https://www.linkedin.com/company/acme/people", ACME),
    ("https://www.linkedin.com/mwlite/company/acme", ACME),
    ("https://www.linkedin.com/school/acme/", ACME),
    ("https://www.linkedin.com/showcase/acme", ACME),
    ("https://www.linkedin.com/company-beta/acme/", ACME),
    ("company/acme", ACME),
    ("https://www.linkedin.com/company/l%27or%C3%A9e", "company/l'orée"),
    ("https://www.linkedin.com/company/booking.example", "company/booking.example"),
    ("https://www.linkedin.com/company/acme-(uk)", "company/acme-(uk)"),
    ("https://www.linkedin.com/company/12345/admin/", "company/12345"),
    ("https://www.linkedin.com/in/12345", "in/12345"),
]

REFUSALS = [
    ("", "is empty"),
    ("   ", "is empty"),
    ("jane-doe", "bare name"),
    ("Jane Doe", "bare name"),
    ("@jane-doe", "bare name"),
    ("jane@acme.example", "e-mail address"),
    ("https://example.com/in/jane-doe", "host example.com is not LinkedIn"),
    ("https://linkedin.com.evil.com/in/jane-doe", "host linkedin.com.evil.com is not LinkedIn"),
    ("https://evil-linkedin.com/in/jane-doe", "host evil-linkedin.com is not LinkedIn"),
    ("https://www.linkedin.com@evil.com/in/jane-doe", "user name before its host"),
    ("https://www.linkedin.com\\@evil.com/in/jane-doe", "backslash"),
    ("https://help.linkedin.com/in/jane-doe", "host help.linkedin.com is not LinkedIn"),
    ("https://lnkd.in/eAbCdEf", "short link (lnkd.in)"),
    ("lnkd.in/eAbCdEf", "short link (lnkd.in)"),
    ("ftp://www.linkedin.com/in/jane-doe", "begins with ftp:"),
    ("mailto:jane.doe", "begins with mailto:"),
    ("https://[::1/in/jane-doe", "no web address"),
    ("https:///in/", "host in is not LinkedIn"),
    ("https://www.linkedin.com/in/jane-doe https://www.linkedin.com/in/john-roe", "one address only"),
    ("https://www.linkedin.com", "no profile name"),
    ("linkedin.com/", "no profile name"),
    ("https://www.linkedin.com/in/", "no profile name"),
    ("https://www.linkedin.com/in/...", "no profile name"),
    ("https://www.linkedin.com/company", "no profile name"),
    ("https://www.linkedin.com/today/author/", "no profile name"),
    ("https://www.linkedin.com/in/me", "whoever is logged in"),
    ("https://www.linkedin.com/in/a%20b", "in it, which none has"),
    ("https://www.linkedin.com/in/a%2Fb", "in it, which none has"),
    ("https://www.linkedin.com/in/a%00b", "in it, which none has"),
    ("https://www.linkedin.com/in/a\ud800b", "in it, which none has"),
    ("https://www.linkedin.com/in/%FF%FE", "no readable text"),
    ("https://www.linkedin.com/in/" + "a" * 300, "300 letters"),
    ("https://www.linkedin.com/pub/jane-doe/1/2/3", "old /pub/ address"),
    ("https://www.linkedin.com/profile/view?id=123", "old /profile/ address"),
    ("https://www.linkedin.com/company/acme/jobs/", "company's jobs page"),
    ("https://www.linkedin.com/posts/jane-doe_news-activity-7254476883021586657-8fu8", "post, not a profile"),
    ("https://www.linkedin.com/feed/update/urn:li:activity:7254476883021586657", "post or the feed"),
    ("https://www.linkedin.com/feed/", "post or the feed"),
    ("https://www.linkedin.com/pulse/how-to-jane-doe", "article, not a profile"),
    ("https://www.linkedin.com/jobs/view/123", "jobs page"),
    ("https://www.linkedin.com/groups/123", "group, not a profile"),
    ("https://www.linkedin.com/sales/lead/ACwAAB,NAME_SEARCH", "Sales Navigator"),
    ("https://www.linkedin.com/search/results/people/?keywords=jane", "search, not a profile"),
    ("https://www.linkedin.com/login", "login page"),
    (
        "https://www.linkedin.com/authwall?sessionRedirect=https%3A%2F%2Fwww.linkedin.com%2Fposts%2Fx",
        "post, not",
    ),
    ("https://www.linkedin.com/authwall?sessionRedirect=https%3A%2F%2Fevil.com%2Fin%2Fjane", "host evil.com"),
    ("https://www.linkedin.com/authwall?sessionRedirect=https%3A%2F%2F%5B", "no web address"),
    ("https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fexample.com", "redirect to another site"),
    ("https://www.linkedin.com/something/new", "no profile name"),
]


@pytest.mark.parametrize(("pasted", "key"), SPELLINGS)
def test_every_spelling_of_a_profile_comes_to_one_key(pasted: str, key: str) -> None:
    assert profile_key("linkedin", pasted).key == key


@pytest.mark.parametrize(("pasted", "reason"), REFUSALS)
def test_what_is_no_profile_is_refused_with_the_reason(pasted: str, reason: str) -> None:
    with pytest.raises(NotAProfile) as refusal:
        profile_key("linkedin", pasted)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(("pasted", "_key"), SPELLINGS)
def test_the_canonical_url_leads_to_the_same_profile(pasted: str, _key: str) -> None:
    profile = profile_key("linkedin", pasted)
    assert profile_key("linkedin", profile.url).key == profile.key
    assert profile.url.isascii()


def test_a_person_is_told_from_a_company() -> None:
    person = profile_key("linkedin", "https://uk.linkedin.com/in/Jane-Doe/")
    company = profile_key("linkedin", "https://www.linkedin.com/school/Acme/about")
    assert (person.kind, person.handle, person.url) == (
        ProfileKind.PERSON,
        "jane-doe",
        "https://www.linkedin.com/in/jane-doe",
    )
    assert (company.kind, company.handle, company.url) == (
        ProfileKind.ORGANIZATION,
        "acme",
        "https://www.linkedin.com/company/acme",
    )


@pytest.mark.parametrize(
    ("pasted", "user_id"),
    [
        ("https://www.linkedin.com/company/12345", "12345"),
        ("https://www.linkedin.com/in/ACoAAB3xYz_9", "ACoAAB3xYz_9"),
    ],
)
def test_an_id_in_the_place_of_the_name_is_an_id_and_no_handle(pasted: str, user_id: str) -> None:
    profile = profile_key("linkedin", pasted)
    assert (profile.platform_user_id, profile.handle) == (user_id, None)


def test_the_url_keeps_letters_that_only_the_key_folds() -> None:
    assert profile_key("linkedin", "in/Thomas-Wei%C3%9F").url == "https://www.linkedin.com/in/thomas-wei%C3%9F"


def test_the_platform_may_be_written_as_people_write_it() -> None:
    assert profile_key(" LinkedIn ", "in/jane-doe").platform == "linkedin"


def test_an_unknown_platform_is_named_with_the_nearest_known() -> None:
    with pytest.raises(NotAProfile, match=r"unknown platform 'linkdin'\. Did you mean linkedin"):
        profile_key("linkdin", "in/jane-doe")


names = st.text(min_size=1, max_size=40)


@given(st.one_of(st.text(), names.map("https://www.linkedin.com/in/{}".format), names.map("company/{}".format)))
def test_any_text_is_a_profile_or_refused_and_its_url_leads_back(text: str) -> None:
    try:
        profile = profile_key("linkedin", text)
    except NotAProfile:
        return
    assert profile_key("linkedin", profile.url).key == profile.key

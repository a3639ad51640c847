"""Only public addresses are contacted: by number, by name, after a redirect, and when the name changes its mind."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.media_types import KINDS
from scrape_assets.sources.media.fetch import Cut, Limits, MediaClient, Refused
from scrape_assets.sources.media.guard import PUBLIC, Address, Policy, Unsafe, is_public
from scrape_assets.sources.media.partial import Partial
from scrape_assets_tests.media.hosts import PNG, Host, gives, redirects

LIMITS = Limits(1_000_000, frozenset(KINDS))


def fetched(client: MediaClient, url: str, folder: Path) -> bytes:
    with Partial.held(folder, "one") as partial:
        client.fetch(url, partial, LIMITS)
        content = partial.path.read_bytes()
        partial.discard()
        return content


def refusal(client: MediaClient, url: str, folder: Path) -> str:
    with pytest.raises(Refused) as caught:
        fetched(client, url, folder)
    assert not list(folder.glob("*")), "nothing of it is left"
    return str(caught.value)


NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
    *("::", "::1", "::7f00:1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:10.0.0.1", "64:ff9b::a00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:10::1", "2001:2::1", "4000::1"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_address_that_is_not_of_the_public_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
@settings(max_examples=100, deadline=None)
def test_whatever_the_standard_library_holds_for_special_is_not_public(address: Address) -> None:
    special = (
        *("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified"),
        *("is_site_local",),
    )
    if any(getattr(address, name, False) for name in special):
        assert not is_public(address)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::", "::", "2002::", "2001::"]))
@settings(max_examples=100, deadline=None)
def test_an_ipv4_address_inside_of_an_ipv6_one_is_never_contacted(inner: ipaddress.IPv4Address, prefix: str) -> None:
    shift = 80 if prefix == "2002::" else 0
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(inner) << shift))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://cdn.example.com/a.png", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("//cdn.example.com/a.png", "no scheme"),
        ("http://somebody:secret@cdn.example.com/a.png", "name or password"),
        ("http://8.8.8.8@cdn.example.com/", "name or password"),
        ("http://cdn.example.com:8080/a.png", "port 8080"),
        ("http://cdn.example.com:22/a.png", "port 22"),
        ("http://2130706433/", "hides"),
        ("http://0x7f000001/", "hides"),
        ("http://0177.0.0.1/", "hides"),
        ("http://0x7f.1/", "hides"),
        ("http://127.1/", "hides"),
        ("http://127.0.0.1./", "hides"),
        ("http://134744072/", "hides"),
        ("http://127.0.0.1/", "no public address"),
        ("http://[::ffff:10.0.0.1]/", "no public address"),
        ("http://[fe80::1%25eth0]/", "no"),
        ("http://localhost/", "no name of a public host"),
        ("http://metadata/", "no name of a public host"),
        ("http:///a.png", "no name of a public host"),
        ("http://cdn.example.com\\@127.0.0.1/", "no address"),
        ("http://cdn.example.com/\r\nHost: other", "no address"),
        ("http://[::1", "no address"),
        ("http://cdn.example.com:99999/", "no address"),
        ("http://ⓛocalhost.example.com/", "no name of a public host"),
        ("http://cdn.example.com/" + "a" * 9000, "no address"),
        ("", "no scheme"),
    ],
)
def test_an_address_that_may_not_be_asked_for_is_refused_before_its_name_is_looked_up(url: str, why: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host}:{port} was looked up")

    with pytest.raises(Unsafe, match=why):
        Policy(resolve=never).checked_url(url)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_post_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://cdn.example.com/{text}"):
        try:
            assert PUBLIC.checked_url(url).isascii()
        except Unsafe:
            continue


def test_an_address_with_foreign_letters_is_asked_for_as_browsers_do() -> None:
    assert PUBLIC.checked_url("https://cdn.example.com/fähre 1.png?a=%20ü") == (
        "https://cdn.example.com/f%C3%A4hre%201.png?a=%20%C3%BC"
    )


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["::1"], ["fe80::1%eth0"]]
)
def test_a_name_that_leads_to_any_private_address_is_not_contacted_at_all(
    host: Host, tmp_path: Path, addresses: list[str]
) -> None:
    policy = Policy(frozenset({80, host.port}), resolve=lambda *_: addresses)
    with MediaClient(policy) as client:
        assert "no public address" in refusal(client, host.url("/a.png"), tmp_path)
    assert not host.asked


@pytest.mark.parametrize(
    "to",
    [
        *("http://127.0.0.1:{port}/secret", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:10.0.0.1]/"),
        *(
            "http://2130706433/",
            "http://0177.0.0.1/",
            "//inside.example.com/",
            "file:///etc/passwd",
            "gopher://a.example/",
        ),
        *("http://user:pass@cdn.example.com:{port}/a.png", "http://inside.example.com:{port}/a.png"),
    ],
)
def test_a_redirect_into_our_own_network_is_not_followed(host: Host, tmp_path: Path, to: str) -> None:
    host.answers = {"/a.png": redirects(to.format(port=host.port)), "/secret": gives(PNG)}
    # The policy of production, but for one name that stands for a public host.
    policy = host.policy("cdn.example.com", inside_example_com=["10.0.0.1"])
    strict = Policy(policy.ports, lambda address: is_public(address), policy.resolve)
    first = Policy(policy.ports, policy.allowed, policy.resolve)

    class OnlyTheFirst(Policy):
        def checked_url(self, url: str, base: str | None = None) -> str:
            return (strict if base else first).checked_url(url, base)

    with MediaClient(OnlyTheFirst(policy.ports, policy.allowed, policy.resolve)) as client:
        refusal(client, host.url("/a.png"), tmp_path)
    assert host.calls() == {"/a.png": 1}


def test_redirects_are_followed_to_public_addresses_and_not_for_ever(host: Host, tmp_path: Path) -> None:
    host.answers = {
        "/a": redirects("/b", 301),
        "/b": redirects(host.url("/c", "other.example.com"), 307),
        "/c": gives(PNG),
        "/round": redirects("/round"),
    }
    with MediaClient(host.policy()) as client:
        assert fetched(client, host.url("/a"), tmp_path) == PNG
        assert "more than 5 redirects" in refusal(client, host.url("/round"), tmp_path)
    assert [headers["host"] for _, headers in host.asked[:3]] == [
        f"{name}.example.com:{host.port}" for name in ("cdn", "cdn", "other")
    ]


def test_a_name_that_changes_between_look_and_connection_changes_nothing(host: Host, tmp_path: Path) -> None:
    """Rebinding: the name is resolved once for a connection, and the connection goes to what was judged."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    looked_up: list[str] = []

    def rebinding(name: str, _port: int) -> list[str]:
        looked_up.append(name)
        return next(answers)

    host.answers = {"/a.png": gives(PNG, connection="close")}
    policy = Policy(frozenset({host.port}), host.policy().allowed, rebinding)
    with MediaClient(policy) as client:
        assert fetched(client, host.url("/a.png"), tmp_path) == PNG
        assert looked_up == ["cdn.example.com"]
        assert "leads to 10.0.0.1" in refusal(client, host.url("/a.png"), tmp_path)
    assert len(host.asked) == 1


def test_the_system_resolver_is_not_asked_again_by_the_connection(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = socket.getaddrinfo

    def noted(name: str, *rest: Any, **more: Any) -> Any:
        seen.append(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    host.answers = {"/a.png": gives(PNG)}
    with MediaClient(host.policy()) as client:
        fetched(client, host.url("/a.png"), tmp_path)
    assert set(seen) <= {"127.0.0.1"}


def test_proxies_of_the_environment_are_not_used(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    host.answers = {"/a.png": gives(PNG)}
    with MediaClient(host.policy()) as client:
        assert fetched(client, host.url("/a.png"), tmp_path) == PNG
    [(_, headers)] = host.asked
    assert not {"cookie", "authorization", "referer"} & headers.keys()


def test_a_name_that_leads_nowhere_is_tried_again_later(tmp_path: Path) -> None:
    def nowhere(name: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with MediaClient(Policy(resolve=nowhere)) as client, pytest.raises(Cut, match="Name or service not known"):
        fetched(client, "https://cdn.example.com/a.png", tmp_path)


def test_tls_goes_by_the_name_over_a_connection_to_the_address_that_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []

    class Stream(httpcore.NetworkStream):
        def start_tls(
            self,
            ssl_context: object,  # noqa: ARG002
            server_hostname: str | None = None,
            timeout: float | None = None,  # noqa: ARG002
        ) -> httpcore.NetworkStream:
            seen.append(server_hostname)
            raise httpcore.ConnectError("as far as this test goes")

    def connect(_: httpcore.SyncBackend, host: str, *__: object) -> httpcore.NetworkStream:
        seen.append(host)
        return Stream()

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    policy = Policy(resolve=lambda *_: ["1.1.1.1"])
    with MediaClient(policy) as client, pytest.raises(Cut, match="as far as"):
        fetched(client, "https://cdn.example.com/a.png", tmp_path)
    assert seen == ["1.1.1.1", "cdn.example.com"]


def test_of_several_addresses_the_next_is_tried_when_one_does_not_answer(host: Host, tmp_path: Path) -> None:
    host.answers = {"/a.png": gives(PNG)}
    both = Policy(frozenset({host.port}), lambda _: True, lambda *_: ["127.0.0.2", "127.0.0.1"])
    with MediaClient(both) as client:
        assert fetched(client, host.url("/a.png"), tmp_path) == PNG

"""From what a rule's lookups found on a page to the fields of a post as JSON. No browser, no posts."""

import re
from typing import Any

import msgspec

from scrape_assets.sources.direct.web_orders import Lookup, Reading, Sighting
from scrape_assets.sources.direct.web_rules import Field, Fields, NamedRule, Rule, alternatives

ADDRESSES = ("url", "author_url", "mentions", "reply_to", "repost_of")
MANY = ("tags", "mentions")
_MEDIA = "img, video, audio"
_LONGEST_MATCHED = 10_000  # characters of a text that a pattern is tried on


def reading_of(rule: Rule) -> Reading:
    """What the browser has to look for."""
    fields = {
        name: [_lookup(name, field) for field in alternatives(getattr(rule.fields, name))]
        for name in Fields.__struct_fields__
        if name != "media" and getattr(rule.fields, name) is not None
    }
    return Reading(
        posts=rule.posts,
        fields=fields,
        many=list(MANY),
        addresses=list(ADDRESSES),
        media=[Lookup(field.selector or _MEDIA, field.attribute) for field in _fields(rule, "media")],
        by=rule.go_on.by,
        way_on=rule.go_on.selector,
        nothing=rule.nothing,
        until=rule.wait.until or rule.posts,
        quiet=rule.wait.quiet,
        seconds=rule.wait.seconds,
    )


def item_of(seen: Sighting, named: NamedRule, page: str) -> bytes:
    """One post as JSON: the fields of the rule that the page gave, as it gave them.

    Args:
        seen: what the lookups found.
        named: the rule.
        page: the address of the page.
    """
    rule = named.rule
    item: dict[str, Any] = {}
    for name, found in seen.fields.items():
        for field, values in zip(_fields(rule, name), found, strict=False):
            texts = [text for value in values if (text := _matched(value, field.pattern))]
            if texts:
                item["html" if _is_markup(name, field) else name] = texts if name in MANY else texts[0]
                break
    media = next((found for found in seen.media if found), None)
    if media:
        item["media"] = media
    if seen.language:
        item.setdefault("language", seen.language)
    if rule.kind:
        item["kind"] = rule.kind
    if rule.owner:
        item["own"] = True
    return msgspec.json.encode({**item, "page": page, "rule": named.name})


def _fields(rule: Rule, name: str) -> list[Field]:
    return alternatives(getattr(rule.fields, name))


def _lookup(name: str, field: Field) -> Lookup:
    return Lookup(field.selector, field.attribute, html=_is_markup(name, field))


def _is_markup(name: str, field: Field) -> bool:
    """Only what a post says is taken with its markup: its links and paragraphs tell something."""
    return name == "text" and field.attribute is None and field.pattern is None


def _matched(text: str, pattern: str | None) -> str | None:
    if pattern is None:
        return text
    found = re.search(pattern, text[:_LONGEST_MATCHED])
    return found[found.re.groups and 1] if found else None

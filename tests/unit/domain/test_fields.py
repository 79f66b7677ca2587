"""Fields of a text: what becomes of them in text, HTML, attributes and subjects; what stops a send."""

from __future__ import annotations

import html
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fields import Resolved, field_problems, resolve

VALUES = {
    "contact.first_name": "Jane",
    "contact.company": "O'Neil & <Sons>",
    "contact.empty": "",
    "contact.grösse": "L",
    "contact.url": "https://northwind.example/?a=1&b=2",
    "contact.script": "javascript:alert(1)",
    "contact.nested": "{{me.phone}} {{x.y}}",
    "deal.amount": "24,000",
    "me.signature": "Ada\r\nAcme",
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hi {{contact.first_name}}", "Hi Jane"),
        ("{{ contact.first_name }}, {{CONTACT.First Name}}", "Jane, Jane"),
        ("Hi {{contact.nope|there}}", "Hi there"),
        ("Hi {{contact.empty|there}}", "Hi there"),
        ("Hi{{contact.nope|}}.", "Hi."),
        ("{{contact.first_name|there}}", "Jane"),
        ("{{contact.größe}}", "L"),
        (r"\{{contact.first_name}}", "{{contact.first_name}}"),
        ("{{contact.nested}}", "{{me.phone}} {{x.y}}"),
        ("{{me.signature}}", "Ada\nAcme"),
        ('{"a": {"b": {}}} {x} }} {{', '{"a": {"b": {}}} {x} }} {{'),
        ("", ""),
    ],
)
def test_text_gets_its_values(text: str, wanted: str) -> None:
    assert resolve(text, VALUES) == Resolved(wanted)


@pytest.mark.parametrize(
    ("text", "missing", "foreign"),
    [
        ("{{contact.nope}} {{deal.nope}} {{contact.nope}}", ("contact.nope", "deal.nope"), ()),
        ("{{contact.empty}}", ("contact.empty",), ()),
        ("{{first_name}} {{user.name|x}}", (), ("first_name", "user.name")),
        ("{{#if contact.first_name}}", (), ("#if contact.first_name",)),
        ("{{contact.__class__()}}", (), ("contact.__class__()",)),
        ("{{contact}} {{contact.}} {{}}", (), ("contact", "contact.", "")),
        ("{{{contact.first_name}}}", (), ("{contact.first_name",)),
        ("Hi {{contact.first_name", ("contact.first_name",), ()),
        ("Hi {{ contact.first_name} there", ("contact.first_name",), ()),
    ],
)
def test_what_has_no_value_is_named_and_left_as_it_was(
    text: str, missing: tuple[str, ...], foreign: tuple[str, ...]
) -> None:
    assert resolve(text, VALUES) == Resolved(text, missing, foreign)


def test_subject_stays_one_line() -> None:
    values = {"contact.name": "Jane\r\nBcc: all@evil.example\u2028x\0"}
    found = resolve("For {{contact.name}}", values, one_line=True)
    assert found.text == "For Jane Bcc: all@evil.example x"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<p>{{contact.company}}</p>", "<p>O&#x27;Neil &amp; &lt;Sons&gt;</p>"),
        ("<p>{{contact.nope|you &amp; yours}}</p>", "<p>you &amp; yours</p>"),
        ("<p>{{me.signature}}</p>", "<p>Ada<br>Acme</p>"),
        ("<p>{{<b>contact.first</b>_name}}</p>", "<p>Jane<b></b></p>"),
        ("<p>{{contact.first&#95;name}}&nbsp;{{&nbsp;deal.amount}}</p>", "<p>Jane&nbsp;24,000</p>"),
        (
            '<a href="https://x.example/?n={{contact.company}}">x</a>',
            '<a href="https://x.example/?n=O%27Neil%20%26%20%3CSons%3E">x</a>',
        ),
        (
            '<a href="https://x.example/?n=%7B%7Bdeal.amount%7D%7D">x</a>',
            '<a href="https://x.example/?n=24%2C000">x</a>',
        ),
        (
            "<a href='{{contact.url}}'>x</a>",
            "<a href='https://northwind.example/?a=1&amp;b=2'>x</a>",
        ),
        ('<img alt="{{contact.company}}">', '<img alt="O&#x27;Neil &amp; &lt;Sons&gt;">'),
        ("<p>100 %7B%7Bdeal.amount%7D%7D</p>", "<p>100 %7B%7Bdeal.amount%7D%7D</p>"),
        ("<p>1 < 2 {{deal.amount}}</p>", "<p>1 < 2 24,000</p>"),
    ],
)
def test_html_gets_values_fit_for_where_they_stand(text: str, wanted: str) -> None:
    assert resolve(text, VALUES, html=True) == Resolved(wanted)


@pytest.mark.parametrize(
    "text",
    [
        '<a href="{{contact.script}}">x</a>',
        "<a href={{contact.url}}>x</a>",
        '<p style="color:{{contact.first_name}}">x</p>',
        '<p onclick="{{contact.first_name}}">x</p>',
        "<{{contact.first_name}}>x",
        "<!-- {{contact.first_name}} -->",
        "<style>{{contact.first_name}}</style>",
        "<script>{{contact.first_name}}</script>",
        '<a title="{{contact.first_name',
    ],
)
def test_where_nothing_is_safe_a_field_stops_the_send(text: str) -> None:
    found = resolve(text, VALUES, html=True)
    assert found.text == text
    assert found.foreign or found.missing


class _Shape(HTMLParser):
    """Tags and names of attributes: what a value must not change."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")


def _shape(text: str) -> list[object]:
    reader = _Shape()
    reader.feed(text)
    reader.close()
    return reader.found


@given(st.text(alphabet=st.sampled_from("<>\"'&={}|/ \n\rax`-!%:;\u2028é"), max_size=30))
def test_no_value_changes_the_shape_of_html(value: str) -> None:
    text = (
        "<p title='{{contact.v}}'>{{contact.v}}</p>"
        '<a href="https://x.example/{{contact.v}}" title="a {{contact.v}}">b</a>'
    )
    found = resolve(text, {"contact.v": value or "x", "contact.w": "w"}, html=True)
    plain = resolve(text, {"contact.v": "plain"}, html=True)
    breaks = [one for one in _shape(found.text) if one != ("br", [])]
    assert breaks == _shape(plain.text) or found.missing
    if not found.missing:
        inside = found.text.partition(">")[2].partition("</p>")[0].replace("<br>", "\n")
        assert "<" not in inside
        assert (
            html.unescape(inside).strip() == value.replace("\r\n", "\n").replace("\r", "\n").strip()
            or not value.strip()
        )


@given(st.text(alphabet="{}|\\contact.me <>a\"'%7BbDd", max_size=60), st.booleans())
def test_any_text_is_taken_without_an_error(text: str, is_html: bool) -> None:
    found = resolve(text, VALUES, html=is_html)
    assert isinstance(found.text, str)


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 50_000,
        "{{contact." * 30_000 + "}}",
        '<a"' * 50_000 + "{{contact.first_name}}",
        "{{" + "<a>" * 100_000,
        '<a href="' + "{{deal.amount}}" * 10_000 + '">',
        "%7b%7b" * 50_000 + "<a %7B%7B" * 10_000,
        "<!--" * 50_000 + "{{deal.amount}}",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    begun = time.perf_counter()
    resolve(text, VALUES, html=True)
    resolve(text, VALUES)
    # Some tenths of a second for 300 KB; what grows with the square takes minutes.
    assert time.perf_counter() - begun < 10


def test_each_name_is_one_problem_that_stops() -> None:
    found = resolve("{{contact.nope}} {{x.y}}", VALUES)
    problems = list(field_problems("subject", found))
    assert [(one.code, one.field, one.is_error) for one in problems] == [
        ("unresolved_field", "subject", True)
    ] * 2
    assert [one.params for one in problems] == [
        {"field_name": "contact.nope", "reason": "missing"},
        {"field_name": "x.y", "reason": "foreign"},
    ]

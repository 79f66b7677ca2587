from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address import parse_addresses


def read(text: str) -> list[tuple[str, str]]:
    found = parse_addresses(text)
    assert not found.unreadable, found.unreadable
    return [(address.name, address.addr_spec) for address in found.addresses]


def left_over(text: str) -> list[tuple[str, str]]:
    return [(item.text, item.reason) for item in parse_addresses(text).unreadable]


ANN, BOB = ("Ann Lee", "ann@x.example"), ("Roe, Bob", "bob@y.example")


@pytest.mark.parametrize(
    "text",
    [
        'Ann Lee <ann@x.example>, "Roe, Bob" <bob@y.example>',
        'Ann Lee <ann@x.example>; "Roe, Bob" <bob@y.example>;',
        "Ann Lee <ann@x.example>; Roe, Bob <bob@y.example>",
        'Ann Lee <ann@x.example>\n"Roe, Bob" <bob@y.example>\n',
        'Ann Lee <ann@x.example>\r\n\t"Roe, Bob"\r\n <bob@y.example>',
        "Ann Lee\tann@x.example\nRoe, Bob\tbob@y.example",
        "Ann\tLee\tann@x.example\tSales\n'Roe, Bob' <bob@y.example>",
        "ann@x.example\tAnn Lee\nbob@y.example\tRoe, Bob",
        'Ann Lee,ann@x.example\n"Roe, Bob",bob@y.example',
        "Friends: Ann Lee <ann@x.example>, 'Roe, Bob' <bob@y.example>;",
        "Ann Lee [mailto:ann@x.example]; “Roe, Bob” <mailto:bob@y.example>",
        "ann@x.example (Ann Lee), bob@y.example (Roe, Bob)",
        "=?utf-8?q?Ann_Lee?= <ann@x.example>, =?utf-8?b?Um9lLCBCb2I=?= <bob@y.example>",
        '=?utf-8?q?Ann?= =?utf-8?q?_Lee?= <ann@x.example>, "=?utf-8?q?Roe,_Bob?=" <bob@y.example>',
        'Ann Lee ann@x.example "Roe, Bob" bob@y.example',
        'Ann Lee <ann@x.example> "Roe, Bob" <bob@y.example>',
        "Ann Lee <ann@x.example>，Roe, Bob <bob@y.example>",
        ',, ;Ann Lee < ann @ x . example > ,;,"Roe, Bob"<bob@y.example>,',
        "Ann Lee <@relay.example,@hub.example:ann@x.example>, Roe, Bob <bob@y.example",
        '\ufeffAnn Lee <\u200bann@x.example\u200b>\u2028"Roe, Bob" <\u202abob@y.example\u202c>',
    ],
)
def test_the_same_two_people_in_every_form_people_paste(text: str) -> None:
    assert read(text) == [ANN, BOB]


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("ann@x.example bob@y.example", ["ann@x.example", "bob@y.example"]),
        (
            "ann@x.example\nbob@y.example\rcy@z.example",
            ["ann@x.example", "bob@y.example", "cy@z.example"],
        ),
        ("ann@x.example\tbob@y.example", ["ann@x.example", "bob@y.example"]),
        ('"ann@x.example","bob@y.example"', ["ann@x.example", "bob@y.example"]),
        ("<ann@x.example><bob@y.example>", ["ann@x.example", "bob@y.example"]),
        ("<ann@x.example, bob@y.example>", ["ann@x.example", "bob@y.example"]),
        ("1. ann@x.example\n2. bob@y.example", ["ann@x.example", "bob@y.example"]),
        ("• ann@x.example\n- bob@y.example", ["ann@x.example", "bob@y.example"]),
        ("Empty:;, ann@x.example", ["ann@x.example"]),
        ("a: b: ann@x.example;; bob@y.example", ["ann@x.example", "bob@y.example"]),
        ("ann@x.example.", ["ann@x.example"]),
        ("[ann@x.example]", ["ann@x.example"]),
        ("ann\uff20x.example", ["ann@x.example"]),
        ("ann@[192.0.2.1], bob@[IPv6:2001:db8::1]", ["ann@[192.0.2.1]", "bob@[IPv6:2001:db8::1]"]),
        ('"ann lee"@x.example', ['"ann lee"@x.example']),
        ('"a@b, c"@x.example, bob@y.example', ['"a@b, c"@x.example', "bob@y.example"]),
        ("o'neil@x.example", ["o'neil@x.example"]),
        ("用户@例子.example", ["用户@例子.example"]),
        ("jörg@straße.example", ["jörg@straße.example"]),
    ],
)
def test_addresses_without_names(text: str, specs: list[str]) -> None:
    assert read(text) == [("", spec) for spec in specs]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"Lee \\"AL\\" Ann" <ann@x.example>', 'Lee "AL" Ann'),
        ('"Back\\\\slash" <ann@x.example>', "Back\\slash"),
        ('"Ann" "Lee" <ann@x.example>', "Ann Lee"),
        ("Ann (Sales, EMEA) Lee <ann@x.example>", "Ann Lee"),
        ("Ann. L. <ann@x.example>", "Ann. L."),
        ("Ann O'Lee <ann@x.example>", "Ann O'Lee"),
        ("ann@x.example <ann@x.example>", ""),
        ('"ann@x.example" <ann@x.example>', "ann@x.example"),
        ("bob@y.example <ann@x.example>", "bob@y.example"),
        ("Lee, Dr., Ann <ann@x.example>", "Lee, Dr., Ann"),
        ("Testing) <ann@x.example>", "Testing)"),
        ("Ann Lee <ann@x.example> Junior", "Ann Lee"),
        ("Ann (ann@x.example)", "Ann"),
        ("ann@x.example (Ann", "(Ann"),
        ('Ann "the <ann@x.example>', "Ann the"),
        ("a < <ann@x.example>", "a"),
        ("\U0001f916 Robot <ann@x.example>", "\U0001f916 Robot"),
        ("=?x-unknown?q?Ann?= <ann@x.example>", "Ann"),
    ],
)
def test_the_name_beside_one_address(text: str, name: str) -> None:
    assert read(text) == [(name, "ann@x.example")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mailto:ann@x.example", ["ann@x.example"]),
        ("MAILTO:ann@x.example,bob%2Bx@y.example?subject=Hi%2C&cc=cy@z.example",
         ["ann@x.example", "bob+x@y.example"]),
        ("mailto:?to=ann@x.example&amp;body=to", ["ann@x.example"]),
        ("mailto:a%40b@x.example", ['"a@b"@x.example']),
        (
            "mailto:a%2Cb@x.example%0D%0ABcc:eve@z.example",
            ['"a,b@x.example Bcc:eve"@z.example'],
        ),
        ("mailto:ann@x.example%3E%2Ceve", ["ann@x.exampleeve"]),
        ("mailto:ann@x.example?cc=cy@z.example, bob@y.example", ["ann@x.example", "bob@y.example"]),
    ],
)  # fmt: skip
def test_mailto_links_give_their_to_field(text: str, found: list[str]) -> None:
    assert [address.addr_spec for address in parse_addresses(text).addresses] == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bob", [("Bob", "no_address")]),
        ("Bob, ann@x.example", [("Bob", "no_address")]),
        ("bob@", [("bob@", "no_domain")]),
        ("@bob", [("@bob", "no_local")]),
        ("a@b@x.example", [("a@b@x.example", "many_ats")]),
        ("ann@@x.example", [("ann@@x.example", "many_ats")]),
        ("Ann <>", [("Ann <>", "no_address")]),
        ("eve@z.example: ann@x.example", [("eve@z.example", "group_name")]),
        ("=?utf-8?q?Ann_<ann@x.example>?=", [("Ann <ann@x.example>", "no_address")]),
        ("one, two, three, four, Ann <ann@x.example>", [("one", "no_address")]),
        ("Meeting: noon", [("Meeting: noon", "no_address")]),
    ],
)
def test_what_is_no_address_is_kept_as_text_with_a_reason(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert left_over(text) == expected


@pytest.mark.parametrize("text", ["", " ", "\r\n\t", ",;,", "Nobody:;", "()", "<", "\0"])
def test_nothing_in_nothing_out(text: str) -> None:
    found = parse_addresses(text)
    assert not found.addresses
    assert not found.unreadable


def test_a_word_in_brackets_is_kept_for_the_check_to_judge() -> None:
    assert read("My list <friends>") == [("My list", "friends")]


@given(st.text(st.sampled_from("ab@.,;:<>()\"\\[]'\t\r\n =?\u200b\u2028é\0%&\ud800"), max_size=60))
def test_any_text_is_read_without_an_error_and_without_line_breaks(text: str) -> None:
    found = parse_addresses(text)
    for address in found.addresses:
        assert address.addr_spec
        assert not set("\r\n\0\u2028") & set(address.addr_spec + address.name)
    assert all(item.text for item in found.unreadable)


@given(st.lists(st.sampled_from(["ann", "bob", "o'neil", "j.r", "x+y"]), min_size=1, max_size=30),
       st.sampled_from([",", ";", "\n", ", ", " ; ", "\t", " "]))  # fmt: skip
def test_no_recipient_is_lost_between_separators(locals_: list[str], separator: str) -> None:
    specs = [f"{local}{n}@x.example" for n, local in enumerate(locals_)]
    found = parse_addresses(separator.join(specs))
    assert [address.addr_spec for address in found.addresses] == specs


@pytest.mark.parametrize(
    "part",
    ['"', "(", "<", '<"', '"(', "(\n ", '"\n ', "\\", "=?u?q?", "a@b <", "a:", "[", "@", "<,@@",
     "mailto:", "\t", "a\tb@c\n", " . ", "a@b ", "a, "],
)  # fmt: skip
def test_hostile_repetition_takes_time_in_proportion(part: str) -> None:
    def cost(size: int) -> float:
        text = part * (size // len(part))
        started = time.perf_counter()
        parse_addresses(text)
        return time.perf_counter() - started

    cost(2_000)
    # Four times the text may take four times the time, not sixteen; the floor hides noise.
    assert cost(80_000) < max(12 * cost(20_000), 0.5)


def test_a_thousand_recipients_are_read_at_once() -> None:
    text = "; ".join(f'"Doe {n}, Jane" <jane{n}@x{n % 50}.example>' for n in range(1000))
    started = time.perf_counter()
    assert len(read(text)) == 1000
    assert time.perf_counter() - started < 0.5

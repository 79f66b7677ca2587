from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.mime.read import read_message
from app.mime.tnef import read_tnef
from tests.support.tnef import winmail

FILES = [
    ("Größe 報告.docx", "application/x-test", b"\0\1" * 500),
    ("plain.txt", "", b"hello"),
    ("empty.bin", "", b""),
]
SAMPLE = winmail(FILES)


def test_files_come_out_with_names_and_types() -> None:
    assert read_tnef(SAMPLE) == [
        ("Größe 報告.docx", "application/x-test", b"\0\1" * 500),
        ("plain.txt", "text/plain", b"hello"),
        ("empty.bin", "application/octet-stream", b""),
    ]


def test_names_are_read_in_the_code_page_that_is_said() -> None:
    assert read_tnef(winmail([("Цена.txt", "", b"x")], codepage=1251))[0][0] == "Цена.txt"


def test_what_is_no_tnef_stays_a_file() -> None:
    assert read_tnef(b"") == []
    assert read_tnef(b"not tnef at all") == []
    raw = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nbroken"
    (found,) = read_message(raw).attachments
    assert (found.filename, found.data) == ("winmail.dat", b"broken")


def test_files_inside_stand_in_for_winmail_dat() -> None:
    raw = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n" + SAMPLE
    assert [a.filename for a in read_message(raw).attachments] == [name for name, _, _ in FILES]


@given(st.integers(0, len(SAMPLE)), st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_damage_is_survived(end: int, at: int, octet: int) -> None:
    damaged = bytearray(SAMPLE)
    damaged[at] = octet
    for _, _, data in read_tnef(bytes(damaged[:end])):
        assert len(data) <= len(SAMPLE)

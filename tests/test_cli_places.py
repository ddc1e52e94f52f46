"""The command line about places and checklists: files out and in, and codes to hang up."""

import re

import pytest
from sqlalchemy import select

from models import Place
from tests.fixtures.shell import Shell
from tests.fixtures.shell import shell as shell

PLACES = """
places:
  - {code: A, kind: site, zh: 主馆, en: Main building}
  - {code: A1, kind: hall, parent: A, zh: 一号厅, en: Hall One}
  - {code: A1-P1, kind: point, parent: A1, zh: 东门, en: East door}
"""


def test_places_go_out_and_come_back_in(shell: Shell) -> None:
    (shell.folder / "places.yaml").write_text(PLACES, encoding="utf-8")
    assert shell.runs("places", "import", "places.yaml").startswith("3 added, 0 changed, 0 unchanged")
    assert shell.runs("places", "export", "out.yaml") == "Written to out.yaml.\n"
    printed = shell.runs("places", "export")
    assert (shell.folder / "out.yaml").read_text(encoding="utf-8") == printed
    assert "主馆" in printed
    assert shell.runs("places", "import", "out.yaml").startswith("0 added, 0 changed, 3 unchanged")
    assert len(shell.rows(select(Place.id).where(Place.active))) == 3


def test_checklists_go_out_and_come_back_in(shell: Shell) -> None:
    shell.runs("checklists", "export", "out.yaml")
    assert re.match(r"0 added, 0 changed, \d+ unchanged", shell.runs("checklists", "import", "out.yaml"))


def test_a_wrong_file_changes_nothing_and_every_line_is_named(shell: Shell) -> None:
    file = shell.folder / "places.yaml"
    file.write_text(PLACES.replace("kind: hall", "kind: hell").replace("zh: 东门, ", ""), encoding="utf-8")
    shell.runs("places", "export")
    before = shell.rows(select(Place.code))
    said = shell.fails("places", "import", "places.yaml")
    assert "line 4" in said
    assert "line 5" in said
    assert shell.rows(select(Place.code)) == before


def test_a_file_that_cannot_be_read_or_written_is_said(shell: Shell) -> None:
    assert "No such file" in shell.fails("places", "import", "nowhere.yaml")
    (shell.folder / "gbk.yaml").write_bytes("places: 主馆".encode("gbk"))
    assert "not UTF-8" in shell.fails("places", "import", "gbk.yaml")
    assert "cannot be written" in shell.fails("places", "export", "no/such/folder.yaml")
    assert "cannot be written" in shell.fails("places", "qr", "H1", "-o", "no/such/folder.png")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_qr_code_to_hang_up_leads_to_its_place(shell: Shell, kind: str) -> None:
    (shell.folder / "places.yaml").write_text(PLACES, encoding="utf-8")
    shell.runs("places", "import", "places.yaml")
    said = shell.runs("places", "qr", "a1-p1", "-o", f"point.{kind}")
    first, second = said.splitlines()
    assert first == f"point.{kind} leads to http://127.0.0.1:8080/chat?p=A1-P1"
    assert "Only this machine" in second
    assert (shell.folder / f"point.{kind}").stat().st_size > 200
    assert "chat?hall=A1\n" in shell.runs("places", "qr", "A1", "-o", f"hall.{kind}")


def test_a_qr_code_needs_a_place_and_a_picture(shell: Shell) -> None:
    assert "no place X9" in shell.fails("places", "qr", "X9", "-o", "a.png")
    assert ".png, .svg, .pdf" in shell.fails("places", "qr", "H1", "-o", "a.gif")
    assert "TELEGRAM_TOKEN" in shell.fails("places", "qr", "H1", "-o", "a.png", "--telegram")

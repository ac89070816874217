"""The operators' page in a browser: a login with a second factor, and what a role is shown."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pyotp
import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.access import operator_accounts
from app.database.tables import Role
from tests.app.browsing import OPERATOR, site
from tests.app.served import PASSWORD
from tests.chromium import FOUND, chromium

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]


def test_who_reads_logs_in_with_a_code_and_sees_nothing_to_act_with(tmp_path):
    with site(tmp_path / "site") as running, chromium(tmp_path / "profile") as tab:
        database = running.parts.operators.database
        operator_accounts.set_role(database, OPERATOR, Role.READS, "command line")
        secret = parse_qs(urlparse(operator_accounts.enrol(database, OPERATOR, "command line")).query)["secret"][0]
        running.begun()
        tab.open(f"{running.url}/operator", 1280)
        tab.until("!document.querySelector('#login').hidden")
        for code in ("", pyotp.TOTP(secret).now()):
            tab.fill("#name", OPERATOR)
            tab.fill("#password", PASSWORD)
            tab.fill("#code", code)
            tab.click("#login button")
            tab.until("document.querySelector('#problem').innerText.includes('code') || !desk.hidden")
        tab.until("!document.querySelector('#desk').hidden")
        tab.click("#list button")
        tab.until("document.querySelectorAll('#messages > li').length")
        for place in ("starting", "acts", "write"):
            assert not tab.value(f"document.querySelector('#{place}').checkVisibility()"), place
        assert tab.value("document.querySelector('#messages').checkVisibility()")

"""The page takes one answer, from itself, and from nobody else."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from sdrbot_skills.approval.channels import page as module
from sdrbot_skills.approval.channels.page import ApprovalPage, serve
from sdrbot_skills.approval.summary import ApprovalSummary
from sdrbot_skills.errors import Refused
from tests.approval.conftest import PASSPHRASE

Unseal = Callable[[str], str]


@pytest.fixture
def page(summary: ApprovalSummary, unseal: Unseal) -> Iterator[ApprovalPage[str]]:
    with serve(summary, unseal) as served:
        yield served


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def origin(page: ApprovalPage[str]) -> str:
    return page.url.partition("/approve")[0]


def csrf(browser: httpx.Client, page: ApprovalPage[str]) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get(page.url).text)
    assert found
    return found[1]


def answer(
    browser: httpx.Client, page: ApprovalPage[str], headers: dict[str, str] | None = None, **form: str
) -> httpx.Response:
    given = {"csrf": csrf(browser, page), "decision": "approve", "typed": PASSPHRASE, **form}
    return browser.post(page.url, data=given, headers={"Origin": origin(page), **(headers or {})})


def still_open(page: ApprovalPage[str]) -> bool:
    return not page._answered.is_set()


def test_the_passphrase_approves(page: ApprovalPage[str], browser: httpx.Client) -> None:
    response = answer(browser, page)
    assert response.status_code == 200
    assert "Approved." in response.text
    approved = page.wait(0)
    assert (approved.channel, approved.unsealed) == ("page", "the credential")


def test_the_page_shows_the_summary_as_text(page: ApprovalPage[str], browser: httpx.Client) -> None:
    text = browser.get(page.url).text
    for part in ("Acme GmbH", "production", "1,000", "job titles are cut", "Will anybody be e-mailed?", "deadbeef"):
        assert part in text
    assert "&lt;b&gt;Köln&lt;/b&gt;" in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=", text)  # self-contained


def test_headers(page: ApprovalPage[str], browser: httpx.Client) -> None:
    headers = browser.get(page.url).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'nonce-")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["localhost", "attacker.example", "127.0.0.1", "127.0.0.1:1"])
def test_another_host_is_refused(page: ApprovalPage[str], browser: httpx.Client, host: str) -> None:
    assert browser.get(page.url, headers={"Host": host}).status_code == 403
    assert answer(browser, page, {"Host": host}).status_code == 403
    assert still_open(page)


@pytest.mark.parametrize("foreign", ["https://attacker.example", "null", "http://127.0.0.1", "http://localhost:1"])
def test_another_origin_is_refused(page: ApprovalPage[str], browser: httpx.Client, foreign: str) -> None:
    assert answer(browser, page, {"Origin": foreign}).status_code == 403
    assert still_open(page)


def test_no_origin_is_refused(page: ApprovalPage[str], browser: httpx.Client) -> None:
    form = {"csrf": csrf(browser, page), "decision": "approve", "typed": PASSPHRASE}
    assert browser.post(page.url, data=form).status_code == 403
    assert still_open(page)


@pytest.mark.parametrize("token", ["", "guess", "é"])
def test_another_token_is_refused(page: ApprovalPage[str], browser: httpx.Client, token: str) -> None:
    assert answer(browser, page, csrf=token).status_code == 403
    assert still_open(page)


def test_another_path_is_not_there(page: ApprovalPage[str], browser: httpx.Client) -> None:
    assert browser.get(f"{origin(page)}/").status_code == 404
    assert browser.get(f"{origin(page)}/approve/guess").status_code == 404


def test_other_forms_are_refused(page: ApprovalPage[str], browser: httpx.Client) -> None:
    headers = {"Origin": origin(page)}
    assert browser.post(page.url, json={"decision": "approve"}, headers=headers).status_code == 415
    assert answer(browser, page, typed="x" * 20_000).status_code == 413
    assert still_open(page)


def test_a_second_answer_finds_it_closed(page: ApprovalPage[str], browser: httpx.Client) -> None:
    token = csrf(browser, page)
    assert answer(browser, page, decision="refuse").status_code == 200
    form = {"csrf": token, "decision": "approve", "typed": PASSPHRASE}
    assert browser.post(page.url, data=form, headers={"Origin": origin(page)}).status_code == 410
    assert browser.get(page.url).status_code == 410
    with pytest.raises(Refused, match="you said no"):
        page.wait(0)


def test_an_answer_after_the_time_is_up(page: ApprovalPage[str], browser: httpx.Client) -> None:
    form = {"csrf": csrf(browser, page), "decision": "approve", "typed": PASSPHRASE}
    with pytest.raises(Refused, match="nobody answered"):
        page.wait(0)
    assert browser.post(page.url, data=form, headers={"Origin": origin(page)}).status_code == 410


def test_wrong_passphrases_are_told_and_counted(page: ApprovalPage[str], browser: httpx.Client) -> None:
    first = answer(browser, page, typed="wrong one")
    assert "does not open" in first.text
    assert "wrong one" not in first.text
    answer(browser, page, typed="wrong two")
    assert "Not approved after three wrong answers" in answer(browser, page, typed="wrong three").text
    with pytest.raises(Refused) as caught:
        page.wait(0)
    assert (caught.value.code, caught.value.exit_code) == ("not_approved", 3)


def test_a_button_that_says_neither_is_no(page: ApprovalPage[str], browser: httpx.Client) -> None:
    answer(browser, page, decision="")
    with pytest.raises(Refused):
        page.wait(0)


def test_a_lab_takes_the_account_s_name(lab_summary: ApprovalSummary, unseal: Unseal, browser: httpx.Client) -> None:
    with serve(lab_summary, unseal) as page:
        assert 'type="password"' not in browser.get(page.url).text
        answer(browser, page, typed="Acme GmbH")
        assert page.wait(0).unsealed is None


def test_root_in_production_types_the_consent(summary: ApprovalSummary, unseal: Unseal, browser: httpx.Client) -> None:
    with serve(summary.model_copy(update={"typed_consent": "run as root"}), unseal) as page:
        assert "type “run as root” as well" in answer(browser, page).text
        assert still_open(page)
        answer(browser, page, consent="run as root")
        assert page.wait(0).unsealed == "the credential"


def test_ask_tells_the_address_waits_and_closes(
    summary: ApprovalSummary, unseal: Unseal, browser: httpx.Client
) -> None:
    addresses: list[str] = []

    def person(url: str) -> None:
        addresses.append(url)
        threading.Thread(target=approve, args=(url,)).start()

    def approve(url: str) -> None:
        token = re.search(r'name="csrf" value="([^"]+)"', browser.get(url).text)
        assert token
        form = {"csrf": token[1], "decision": "approve", "typed": PASSPHRASE}
        browser.post(url, data=form, headers={"Origin": url.partition("/approve")[0]})

    assert module.ask(summary, unseal, person, timeout=60).unsealed == "the credential"
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses[0], trust_env=False)

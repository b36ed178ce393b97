"""Signing in without a browser: the practice CRMs play the page, a client follows its redirects to the address on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.credentials.guide import Authorization, Guide, Way, guide_of
from sdrbot_skills.credentials.loopback import Callback
from sdrbot_skills.credentials.oauth import SignIn
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.lab.hubspot.account import CLIENT_ID, CLIENT_SECRET
from sdrbot_skills.lab.pipedrive import account as pipedrive
from sdrbot_skills.lab.processes import Emulator

CRMS = ("hubspot", "pipedrive", "salesforce", "zohocrm")
PORTS = range(18080, 18100)


@pytest.fixture(scope="module")
def labs() -> Iterator[dict[str, Emulator]]:
    with lab.running(*CRMS) as found:
        yield dict(zip(CRMS, found, strict=True))


def app_of(emulator: Emulator) -> tuple[str, str]:
    env = emulator.env
    return {
        "hubspot": (CLIENT_ID, CLIENT_SECRET),
        "pipedrive": (pipedrive.CLIENT_ID, pipedrive.CLIENT_SECRET),
        "salesforce": (env.get("SF_CLIENT_ID", ""), env.get("SF_CLIENT_SECRET", "")),
        "zohocrm": (env.get("ZOHO_CLIENT_ID", ""), env.get("ZOHO_CLIENT_SECRET", "")),
    }[emulator.crm]


def way_of(guide: Guide) -> tuple[Way, Authorization]:
    way = next(way for way in guide.ways if way.oauth is not None)
    assert way.oauth is not None
    return way, way.oauth


def begun(emulator: Emulator, callback: Callback) -> tuple[SignIn, str]:
    guide = guide_of(emulator.crm)
    way, oauth = way_of(guide)
    sign_in = SignIn(emulator.crm, emulator.base_url, *app_of(emulator), callback.url)
    return sign_in, sign_in.page(oauth, guide.scopes(way))


def browse(*addresses: str, seen: list[httpx.Response] | None = None) -> threading.Thread:
    """A browser: opens one address after the other and goes where it is sent."""

    def go() -> None:
        for address in addresses:
            answer = httpx.get(address, follow_redirects=True, trust_env=False, timeout=20)
            if seen is not None:
                seen.append(answer)

    thread = threading.Thread(target=go)
    thread.start()
    return thread


@pytest.mark.parametrize("crm", CRMS)
def test_a_sign_in_ends_with_a_refresh_token_that_works(labs: dict[str, Emulator], crm: str) -> None:
    seen: list[httpx.Response] = []
    with Callback(crm, PORTS) as callback:
        assert callback.url.startswith("http://localhost:") and callback.url.endswith(f"/callback/{crm}")
        sign_in, page = begun(labs[crm], callback)
        browser = browse(page, seen=seen)
        origin, credential = sign_in.finish(callback.wait(sign_in.state, 20))
        browser.join()
    assert "close this page" in seen[0].text and seen[0].headers["Referrer-Policy"] == "no-referrer"
    assert origin == labs[crm].base_url
    assert credential.refresh_token.get_secret_value()
    assert credential.refresh_token.get_secret_value() not in repr(credential)


def test_a_code_is_good_once(labs: dict[str, Emulator]) -> None:
    with Callback("salesforce", PORTS) as callback:
        sign_in, page = begun(labs["salesforce"], callback)
        browser = browse(page)
        answer = callback.wait(sign_in.state, 20)
        browser.join()
    sign_in.finish(answer)
    with pytest.raises(ConfigurationError, match="used already"):
        sign_in.finish(answer)


def test_a_code_is_of_no_use_to_whoever_does_not_know_the_verifier(labs: dict[str, Emulator]) -> None:
    with Callback("zohocrm", PORTS) as callback:
        sign_in, page = begun(labs["zohocrm"], callback)
        browser = browse(page)
        answer = callback.wait(sign_in.state, 20)
        browser.join()
        thief, _ = begun(labs["zohocrm"], callback)
    with pytest.raises(ConfigurationError, match="used already"):
        thief.finish(answer)


def test_who_says_no_connects_nothing(labs: dict[str, Emulator]) -> None:
    labs["hubspot"].control("consent", answer="no")
    with Callback("hubspot", PORTS) as callback:
        sign_in, page = begun(labs["hubspot"], callback)
        browser = browse(page)
        answer = callback.wait(sign_in.state, 20)
        browser.join()
    labs["hubspot"].control("consent", answer="yes")
    with pytest.raises(ConfigurationError, match="said no"):
        sign_in.finish(answer)


@pytest.mark.parametrize("state", ["", "&state=another"])
def test_an_answer_of_another_sign_in_is_turned_away(state: str) -> None:
    with Callback("salesforce", PORTS) as callback:
        seen: list[httpx.Response] = []
        browser = browse(f"{callback.url}?code=planted{state}", seen=seen)
        with pytest.raises(ConfigurationError, match=r"Nobody signed in.*turned away"):
            callback.wait("the-right-state", 0.5)
        browser.join()
    assert seen[0].status_code == 400 and "planted" not in seen[0].text


def test_the_right_answer_is_still_taken_after_a_wrong_one() -> None:
    with Callback("salesforce", PORTS) as callback:
        browser = browse(f"{callback.url}?code=planted&state=another", f"{callback.url}?code=ours&state=right")
        assert callback.wait("right", 20)["code"] == "ours"
        browser.join()


def test_nobody_comes() -> None:
    with Callback("zohocrm", PORTS) as callback, pytest.raises(ConfigurationError, match="Nobody signed in"):
        callback.wait("state", 0.05)


def test_a_taken_port_is_left_to_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Callback("salesforce", (port, *PORTS)) as callback:
            assert f":{port}/" not in callback.url
        with pytest.raises(ConfigurationError, match="all taken"):
            Callback("salesforce", (port,))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda page: page.replace("localhost", "evil.example"), "redirect_uri_mismatch"),
        (lambda page: page.replace("client_id=", "client_id=x"), "client identifier invalid"),
    ],
)
def test_the_practice_pages_send_nothing_to_strangers(
    labs: dict[str, Emulator], spoil: Callable[[str], str], words: str
) -> None:
    with Callback("salesforce", PORTS) as callback:
        _, page = begun(labs["salesforce"], callback)
    answer = httpx.get(spoil(page), trust_env=False)
    assert answer.status_code == 400 and words in answer.text


def test_a_real_account_signs_in_at_the_vendors_page() -> None:
    _, oauth = way_of(guide_of("hubspot"))
    sign_in = SignIn("hubspot", "https://api.hubapi.com", "id", "planted", "http://localhost:8080/callback/hubspot")
    page = sign_in.page(oauth, ["a", "b"])
    assert page.startswith("https://app.hubspot.com/oauth/authorize?") and "scope=a+b" in page
    assert "code_challenge_method=S256" in page and sign_in.verifier not in page and "planted" not in page
    assert "planted" not in repr(sign_in) and sign_in.state not in repr(sign_in)


@pytest.mark.parametrize(
    ("named", "origin"),
    [("https://accounts.zoho.eu", "https://accounts.zoho.eu"), ("https://evil.example", "https://accounts.zoho.com")],
)
def test_zohos_answer_names_the_data_centre_and_nobody_elses(named: str, origin: str) -> None:
    sign_in = SignIn("zohocrm", "https://accounts.zoho.com", "id", "secret", "http://localhost:8080/callback/zohocrm")
    assert sign_in._settled({"code": "x", "accounts-server": named}) == origin

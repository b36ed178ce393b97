"""The store, the router and the rate windows that all emulators share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from multidict import CIMultiDict

from sdrbot_skills.lab.core.clock import Clock, iso_z
from sdrbot_skills.lab.core.http import Request, Response, Router, parse_query
from sdrbot_skills.lab.core.limits import Window
from sdrbot_skills.lab.core.store import Record, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "state.sqlite")
    yield store
    store.close()


def rows(*ids: int) -> list[Record]:
    return [Record(i, {"n": i}, 1, 1) for i in ids]


def test_a_failed_transaction_leaves_nothing_and_counts_nothing(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        store.insert("things", rows(*store.next_ids(2)))
        raise KeyError
    with store.transaction():
        store.insert("things", rows(5))
    assert [record.id for record in store.scan("things")] == [5]
    assert store.counters() == {"writes/things/inserted": 1}


def test_state_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = Store(tmp_path / "state.sqlite")
    with first.transaction():
        ids = first.next_ids(3)
        first.insert("things", rows(*ids))
        first.put("token", "x", {"a": 1})
    first.close()
    again = Store(tmp_path / "state.sqlite")
    assert again.total("things") == 3
    assert again.thing("token", "x") == {"a": 1}
    assert again.next_ids(1)[0] == ids[-1] + 1
    again.close()


def test_archived_records_have_a_list_of_their_own(store: Store) -> None:
    with store.transaction():
        store.insert("things", rows(1, 2, 3))
        assert store.archive("things", [2, 9]) == 1
    assert [record.id for record in store.page("things", 0, 10)] == [1, 3]
    assert [record.id for record in store.page("things", 0, 10, archived=True)] == [2]
    assert store.alive("things", [1, 2, 9]) == {1}


def test_keys_and_links(store: Store) -> None:
    store.add_keys("people", [("email", "a", 1), ("email", "b", 2), ("email", "b", 3)])
    assert store.find("people", "email", ["a", "b", "c"]) == {"a": [1], "b": [2, 3]}
    store.drop_keys("people", [("email", "b", 2)])
    assert store.find("people", "email", ["b"]) == {"b": [3]}
    assert store.link("a>b", [(1, 2, 7), (1, 2, 8), (1, 2, 7)]) == 2
    assert store.unlink("a>b", [(1, 2, 8), (1, 9, None)]) == 1
    assert store.links("a>b", [1, 4]) == {1: [(2, 7)]}


def test_an_object_name_is_not_a_way_into_the_database(store: Store) -> None:
    with pytest.raises(ValueError, match="not an object name"):
        store.total("x; DROP TABLE keys")


def request(method: str, path: str) -> Request:
    return Request(method, path, {}, CIMultiDict(), b"")


def test_routes_decode_single_segments_and_ignore_a_trailing_slash() -> None:
    router = Router()
    router.add("GET POST", "/a/{version:v1|v2}/{name}", lambda request: Response())
    one = request("GET", "/a/v2/x%2Fy%40z/")
    assert router.match(one)
    assert one.params == {"version": "v2", "name": "x/y@z"}
    assert not router.match(request("GET", "/a/v3/x"))
    assert not router.match(request("GET", "/a/v1/x/y"))
    assert router.methods("/a/v1/x") == ["GET", "POST"]


def test_queries_keep_repeated_and_empty_values() -> None:
    assert parse_query("p=a&p=b%20c&q=") == {"p": ["a", "b c"], "q": [""]}


def test_a_window_gives_back_when_it_ends() -> None:
    clock = Clock()
    window = Window(clock, limit=2, seconds=10)
    assert [window.take() for _ in range(3)] == [True, True, False]
    assert window.remaining() == 0
    clock.advance(10)
    assert window.take()
    assert Window(clock, limit=0, seconds=1).take(10**9)


def test_instants_have_milliseconds_and_z() -> None:
    assert iso_z(1709287200123) == "2024-03-01T10:00:00.123Z"

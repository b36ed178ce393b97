"""Conditions on query and body that a path alone cannot tell; `checks:` in a policy names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from sdrbot_skills.broker.canonical import read_envelope
from sdrbot_skills.broker.policy import Policy
from sdrbot_skills.broker.refusal import Refusal

Query = Sequence[tuple[str, str]]
Check = Callable[[Policy, Query, Any], None]

_REFERENCE = {"target_object", "target_record_id"}
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_SIDE_EFFECT = re.compile(
    r"\bFOR\s+(VIEW|REFERENCE|UPDATE)\b|\bUPDATE\s+(TRACKING|VIEWSTAT)\b|,\s*(VIEW|REFERENCE)\s*$", re.IGNORECASE
)


def soql_without_side_effect(_: Policy, query: Query, body: Any) -> None:
    """SOQL `FOR VIEW` and `FOR REFERENCE` change LastViewedDate and RecentlyViewed, `FOR UPDATE` locks rows (SOQL and SOSL Reference)."""
    given = [value for name, value in query if name.lower() in ("q", "query", "explain")]
    if isinstance(body, dict):
        given += [body["query"]] if isinstance(body.get("query"), str) else []
        if str(body.get("operation", "query")) not in ("query", "queryAll"):
            raise Refusal("unknown_operation", "A query job can only be a query or queryAll.")
    if len(given) != 1:
        raise Refusal("bad_request", "The query has to be given exactly once.")
    _refuse_side_effect(given[0])


def _refuse_side_effect(soql: str) -> None:
    bare = _STRING.sub(" ", soql)
    if "'" in bare:
        raise Refusal("bad_request", "The query has a string that does not end.")
    if _SIDE_EFFECT.search(bare):
        raise Refusal(
            "side_effect",
            "FOR VIEW, FOR REFERENCE, FOR UPDATE, UPDATE TRACKING and UPDATE VIEWSTAT change or lock records.",
        )


def sub_requests_read(policy: Policy, _: Query, body: Any) -> None:
    """A composite call is a read only if each of its sub-requests is one, sub-requests of sub-requests included."""
    entries = body.get("compositeRequest", body.get("batchRequests")) if isinstance(body, dict) else None
    if not isinstance(entries, list) or ("compositeRequest" in body and "batchRequests" in body):
        raise Refusal("body_unreadable", "The composite call has no readable list of sub-requests.")
    for entry in entries:
        if not isinstance(entry, dict) or len({name.lower() for name in entry}) != len(entry):
            raise Refusal("body_unreadable", "A sub-request is not readable in one way only.")
        _refuse_unless_read(policy, entry)


def _refuse_unless_read(policy: Policy, entry: dict[str, Any]) -> None:
    url, method = str(entry.get("url", "")), entry.get("method")
    target = url if url.startswith("/") else "/services/data/" + url
    if set(entry) & {"binaryPartName", "binaryPartNameAlias"}:
        raise Refusal("unknown_operation", "Sub-requests with file parts are not let through.")
    headers = [(str(name).encode(), str(value).encode()) for name, value in (entry.get("httpHeaders") or {}).items()]
    envelope = read_envelope(str(method), target, [*headers, (b"host", b"sub-request")])
    match = policy.match(envelope.method, envelope.path)
    if match.rule.kind != "read":
        raise Refusal(
            "side_effect", "A sub-request of the composite call is not a read; send writes by the collection calls."
        )
    body = entry.get("body", entry.get("richInput"))
    run_checks(match.rule.checks, policy, parse_qsl(target.partition("?")[2], keep_blank_values=True), body)


def unsubscribes_only(_: Policy, __: Query, body: Any) -> None:
    """A subscription may be ended, never begun or begun again."""
    entries = body.get("inputs") if isinstance(body, dict) and "inputs" in body else [body]
    if not isinstance(entries, list):
        raise Refusal("body_unreadable", "The subscription changes are not a list.")
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("statusState") != "UNSUBSCRIBED":
            raise Refusal(
                "forbidden_operation", "Only UNSUBSCRIBED is ever written: nobody is subscribed by a migration."
            )


def triggers_off(_: Policy, __: Query, body: Any) -> None:
    """Zoho fires workflows, approvals and blueprints (mails to customers) unless `trigger` is an empty list (doc "Upsert Records")."""
    told = body if isinstance(body, dict) else {}
    if told.get("trigger") != [] or any(name in told for name in ("lar_id", "wf_trigger", "apply_feature_execution")):
        raise Refusal("forbidden_operation", "A write has to say `trigger: []`, so that nothing fires at customers.")


def no_callback(_: Policy, __: Query, body: Any) -> None:
    """A job may not tell another address that it has ended (doc "Bulk Read")."""
    if not isinstance(body, dict) or "callback" in body:
        raise Refusal("forbidden_operation", "A job is polled; it may not call an address of its own.")


def duplicate_check_named(_: Policy, __: Query, body: Any) -> None:
    """Without its list of fields an upsert goes by names, and merges different deals of one name (doc "Upsert Records")."""
    names = body.get("duplicate_check_fields") if isinstance(body, dict) else None
    if not isinstance(names, list) or not names:
        raise Refusal("forbidden_operation", "An upsert has to name the fields that it goes by.")


def references_only(_: Policy, __: Query, body: Any) -> None:
    """Attio appends by PATCH; what is let through as a link holds references to records and nothing else."""
    data = body.get("data") if isinstance(body, dict) else None
    values = data.get("values") if isinstance(data, dict) else None
    lists = list(values.values()) if isinstance(values, dict) else [None]
    entries = [entry for one in lists for entry in (one if isinstance(one, list) else [None])]
    if not entries or any(not isinstance(one, dict) or set(one) != _REFERENCE for one in entries):
        raise Refusal("unknown_operation", "PATCH is let through to add references only; send other values by PUT.")


def graphql_reads_only(_: Policy, query: Query, body: Any) -> None:
    """A GraphQL document may hold queries and fragments, nothing that changes. Some servers take one from the address first, so it stays empty."""
    from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse  # of one CRM only, and slow to load

    if query:
        raise Refusal("bad_request", "A GraphQL call has no parameters in its address.")
    text = body.get("query") if isinstance(body, dict) else None
    try:
        document = parse(text if isinstance(text, str) else "")
    except GraphQLError:
        raise Refusal("body_unreadable", "The GraphQL document cannot be read, so it cannot be judged.") from None
    operations = [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    if not operations or any(part.operation is not OperationType.QUERY for part in operations):
        raise Refusal("unknown_operation", "Only queries go through GraphQL; records are written by REST.")


def no_upsert(_: Policy, query: Query, __: Any) -> None:
    """Twenty's plain creation; any other spelling of `upsert` is one whose meaning could change."""
    if any(name.lower() == "upsert" for name, _value in query):
        raise Refusal("bad_request", "The parameter `upsert` has to be `true`, once, or left out.")


def ids_in_all_rows(_: Policy, __: Query, body: Any) -> None:
    """A row without an id would be made, not changed."""
    if not isinstance(body, list) or any(not isinstance(row, dict) or not row.get("id") for row in body):
        raise Refusal("body_unreadable", "An update names the id of each row.")


def no_other_id(_: Policy, __: Query, body: Any) -> None:
    """An `id` in the body of a change gives the record another id."""
    if not isinstance(body, dict) or "id" in body:
        raise Refusal("forbidden_operation", "A change must not give a record another id.")


def filter_names_ids(_: Policy, query: Query, __: Any) -> None:
    """A filter that names exactly the ids that are counted; any other could fit every record."""
    given = dict(query)
    if len(given) != len(query) or given.get("filter") != f"id[in]:[{given.get('ids')}]" or not given.get("ids"):
        raise Refusal("bad_request", "Records are deleted by a filter of their ids, which `ids` repeats.")


CHECKS: dict[str, Check] = {
    "filter_names_ids": filter_names_ids,
    "graphql_reads_only": graphql_reads_only,
    "ids_in_all_rows": ids_in_all_rows,
    "no_callback": no_callback,
    "no_other_id": no_other_id,
    "no_upsert": no_upsert,
    "references_only": references_only,
    "duplicate_check_named": duplicate_check_named,
    "soql_without_side_effect": soql_without_side_effect,
    "sub_requests_read": sub_requests_read,
    "triggers_off": triggers_off,
    "unsubscribes_only": unsubscribes_only,
}


def run_checks(names: Sequence[str], policy: Policy, query: Query, body: Any) -> None:
    """Run the named checks; the first that fails raises `Refusal`."""
    for name in names:
        CHECKS[name](policy, query, body)

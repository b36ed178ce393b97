"""Zoho's own SDK (zcrmsdk, API v2) through a broker: upsert with a bad row among good ones, the same again, read. A script of its own, since the
SDK's state is the process's."""

import threading

from sdrbot_skills.auth import zohocrm

client = zohocrm.get_zcrmsdk_client()
assert type(client) is type(zohocrm.get_zcrmsdk_client()), "asked twice, it is opened once"

from zcrmsdk.src.com.zoho.crm.api import HeaderMap, ParameterMap  # noqa: E402  # importable only once it has been opened
from zcrmsdk.src.com.zoho.crm.api.record import BodyWrapper, Field, GetRecordsParam, Record  # noqa: E402


def row(name, email):
    record = Record()
    record.add_field_value(Field.Contacts.last_name(), name)
    record.add_field_value(Field.Contacts.email(), email)
    return record


def upsert(*rows):
    body = BodyWrapper()
    body.set_data(list(rows))
    body.set_trigger([])
    body.set_duplicate_check_fields(["Email"])
    answer = client.upsert_records("Contacts", body, HeaderMap())
    return answer.get_status_code(), [
        (one.get_status().get_value(), one.get_code().get_value()) for one in answer.get_object().get_data()
    ]


good = ("success", "SUCCESS")
first = upsert(*(row(f"Doe {n}", f"doe{n}@acme.example") for n in range(3)), row("x" * 90, "long@acme.example"))
assert first == (207, [good, good, good, ("error", "INVALID_DATA")]), first
assert upsert(row("Doe 0", "doe0@acme.example")) == (200, [good])


def listed(**asked):
    parameters = ParameterMap()
    for name, value in asked.items():
        parameters.add(getattr(GetRecordsParam, name), value)
    answer = client.get_records("Contacts", parameters, HeaderMap())
    return answer.get_object()


page = listed(per_page=2, page=1)
assert [len(page.get_data()), page.get_info().get_more_records()] == [2, True]
found: list[Record] = []
reader = threading.Thread(target=lambda: found.extend(listed(fields="Last_Name,Email,Owner,Created_Time").get_data()))
reader.start()
reader.join()
assert sorted(one.get_key_value("Last_Name") for one in found) == ["Doe 0", "Doe 1", "Doe 2"]
assert {one.get_key_value("Owner").get_name() for one in found} == {"Priya Raman"}
print("trip done")

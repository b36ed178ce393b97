"""Zoho's own SDK (zohocrmsdk8-0) on the emulator: upsert, a bad row among good ones, list, query. Arguments: URL, client id, secret, refresh token."""

import sys
import tempfile

from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store.file_store import FileStore
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper as Query
from zohocrmsdk.src.com.zoho.crm.api.coql import CoqlOperations
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.record import BodyWrapper, GetRecordsParam, Record, RecordOperations
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig

base, client_id, secret, refresh = sys.argv[1:]
folder = tempfile.mkdtemp()
Initializer.initialize(
    DataCenter.Environment(base, f"{base}/oauth/v2/token", base),
    OAuthToken(client_id=client_id, client_secret=secret, refresh_token=refresh, find_user=False),
    FileStore(f"{folder}/tokens.csv"),
    SDKConfig(
        auto_refresh_fields=False,
        pick_list_validation=False,
        connect_timeout=10,
        read_timeout=20,
        update_api_domain=False,
    ),
    folder,
)


def row(name, email):
    record = Record()
    record.add_key_value("Last_Name", name)
    record.add_key_value("Email", email)
    return record


def upsert(*rows):
    body = BodyWrapper()
    body.set_data(list(rows))
    body.set_trigger([])
    body.set_duplicate_check_fields(["Email"])
    return RecordOperations("Contacts").upsert_records(body, HeaderMap())


first = upsert(*(row(f"Doe {n}", f"doe{n}@acme.example") for n in range(3)), row("x" * 90, "long@acme.example"))
assert first.get_status_code() == 207, first.get_status_code()
told = [(one.get_status().get_value(), one.get_code().get_value()) for one in first.get_object().get_data()]
assert told == [("success", "SUCCESS")] * 3 + [("error", "INVALID_DATA")], told
again = upsert(row("Doe 0", "doe0@acme.example"))
assert again.get_status_code() == 200, again.get_status_code()

parameters = ParameterMap()
parameters.add(GetRecordsParam.fields, "Last_Name,Email,Owner,Created_Time")
listed = RecordOperations("Contacts").get_records(parameters, HeaderMap())
names = sorted(one.get_key_value("Last_Name") for one in listed.get_object().get_data())
assert names == ["Doe 0", "Doe 1", "Doe 2"], names

query = Query()
query.set_select_query(
    "select Last_Name from Contacts where (Email = 'doe1@acme.example' and Last_Name is not null) limit 5"
)
found = CoqlOperations().get_records(query).get_object().get_data()
assert [one.get_key_value("Last_Name") for one in found] == ["Doe 1"]
print("trip done")

from __future__ import annotations

import pytest

ME = "/graph/v1.0/me"


def values(client, path, **params):
    response = client.get(f"{ME}{path}", params={f"${k}": v for k, v in params.items()})
    assert response.status_code == 200, response.text
    return response.json()


def test_pages_are_linked_and_complete(outlook):
    everything = values(outlook, "/messages", top="1000")["value"]
    seen, page = [], values(outlook, "/messages", top="7")
    seen += page["value"]
    while "@odata.nextLink" in page:
        page = outlook.get(page["@odata.nextLink"]).json()
        seen += page["value"]
    assert [row["id"] for row in seen] == [row["id"] for row in everything]
    dates = [row["receivedDateTime"] for row in seen]
    assert dates == sorted(dates, reverse=True)


def test_filter_by_message_id_and_folder(outlook):
    one = values(outlook, "/mailFolders/sentitems/messages", top="1")["value"][0]
    wanted = f"internetMessageId eq '{one['internetMessageId']}'"
    found = values(outlook, "/mailFolders/SentItems/messages", filter=wanted)["value"]
    assert [row["id"] for row in found] == [one["id"]]
    assert values(outlook, "/mailFolders/inbox/messages", filter=wanted)["value"] == []


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("isDraft eq false and startswith(subject,'Re: Pricing')", True),
        ("receivedDateTime ge 2199-01-01T00:00:00Z", False),
        ("from/emailAddress/address eq 'JANE.DOE@northwind.example'", True),
        (
            "singleValueExtendedProperties/Any(ep: ep/id eq 'String {1} Name x' and ep/value eq 'y')",
            False,
        ),
    ],
)
def test_filters(outlook, text, some):
    assert bool(values(outlook, "/messages", filter=text)["value"]) is some


@pytest.mark.parametrize(
    "params",
    [
        {"$filter": "isDraft eq false", "$orderby": "receivedDateTime desc"},
        {"$search": '"x"', "$orderby": "receivedDateTime desc"},
        {"$filter": "nonsense"},
        {"$filter": "nothing eq 'x'"},
        {"$select": "nothing"},
    ],
)
def test_refused_queries(outlook, params):
    assert outlook.get(f"{ME}/messages", params=params).status_code == 400


def test_order_that_the_filter_starts_with_is_taken(outlook):
    text = "receivedDateTime ge 2000-01-01T00:00:00Z and isDraft eq false"
    rows = values(outlook, "/messages", filter=text, orderby="receivedDateTime asc")["value"]
    dates = [row["receivedDateTime"] for row in rows]
    assert dates == sorted(dates)


def test_delta_tells_what_is_new_and_gone(outlook):
    page = values(outlook, "/mailFolders/inbox/messages/delta")
    while "@odata.nextLink" in page:
        page = outlook.get(page["@odata.nextLink"]).json()
    link = page["@odata.deltaLink"]
    assert outlook.get(link).json()["value"] == []
    gone, changed = values(outlook, "/mailFolders/inbox/messages", top="2")["value"]
    outlook.delete(f"{ME}/messages/{gone['id']}")
    outlook.patch(f"{ME}/messages/{changed['id']}", json={"isRead": False})
    rows = {row["id"]: row for row in outlook.get(link).json()["value"]}
    assert rows[gone["id"]]["@removed"] == {"reason": "deleted"}
    assert rows[changed["id"]]["isRead"] is False
    assert len(rows) == 2


def test_folders_are_found_by_name_and_id(outlook):
    folders = values(outlook, "/mailFolders")["value"]
    inbox = next(folder for folder in folders if folder["displayName"] == "Inbox")
    assert values(outlook, f"/mailFolders/{inbox['id']}")["totalItemCount"] > 10
    assert outlook.get(f"{ME}/mailFolders/nowhere").status_code == 404


def test_search_lags_behind(outlook, server):
    server.control.settings(index_lag_s=3600)
    raw = b"From: a@x.example\r\nTo: ada@acme.onmicrosoft.example\r\nSubject: Unmistakable\r\n\r\nx"
    server.control.receive("ada@acme.onmicrosoft.example", raw)
    assert values(outlook, "/messages", search='"Unmistakable"')["value"] == []
    assert values(outlook, "/messages", filter="subject eq 'Unmistakable'")["value"]

"""Microsoft Graph mail: lists, folders and delta."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

from app.sandbox import graph_query, graph_view
from app.sandbox.graph_api import READ, answer, context, graph_route, immutable, show
from app.sandbox.graph_errors import bad_request, not_found, refuse
from app.sandbox.graph_store import FOLDERS, folder_name
from app.sandbox.records import GraphItem
from app.sandbox.wire import Response
from app.sandbox.world import Call

DEFAULT_TOP = 10
MOST_TOP = 1000

Row = tuple[GraphItem, dict[str, Any]]


def list_messages(call: Call) -> Response:
    return _list(call, None)


def list_folder(call: Call) -> Response:
    return _list(call, _folder(call))


def _folder(call: Call) -> str:
    name = folder_name(call.graph, call.params["folder"])
    if name is None:
        raise not_found()
    return name


def _list(call: Call, folder: str | None) -> Response:
    rows: list[Row] = [
        (item, show(call, item))
        for item in call.graph.items.values()
        if folder is None or item.folder == folder
    ]
    rows = _chosen(call, rows)
    top, skip = _number(call, "$top", DEFAULT_TOP), _number(call, "$skip", 0)
    shown = [_shown(call, row) for row in rows[skip : skip + min(top, MOST_TOP)]]
    value: dict[str, Any] = {**context(call, "users('me')/messages")}
    if call.request.param("$count") == "true":
        value["@odata.count"] = len(rows)
    value["value"] = shown
    if skip + top < len(rows):
        value["@odata.nextLink"] = _link(call, {"$skip": str(skip + top)})
    return answer(call, value)


def _chosen(call: Call, rows: list[Row]) -> list[Row]:
    request = call.request
    search, text = request.param("$search"), request.param("$filter")
    if search:
        if text or request.param("$orderby"):
            raise refuse(
                400,
                "SearchWithFilter",
                "The query parameters $search and $filter or $orderby cannot be combined.",
            )
        test, now = graph_query.search_test(search), call.sandbox.now()
        rows = [row for row in rows if row[0].indexed_at <= now and test(row[0])]
        graph_query.ordered(rows, [])
        return rows
    conditions = graph_query.compile_filter(text)
    keys = graph_query.order_keys(request.param("$orderby"), [name for name, _ in conditions])
    rows = [row for row in rows if all(test(*row) for _, test in conditions)]
    graph_query.ordered(rows, keys)
    return rows


def _shown(call: Call, row: Row) -> dict[str, Any]:
    item, shown = row
    extra = graph_view.only_on_request(item)
    if "attachments" in call.request.param("$expand"):
        found = [graph_view.attachment(a, with_bytes=True) for a in item.attachments]
        return {
            **graph_query.select(shown, extra, call.request.param("$select")),
            "attachments": found,
        }
    return graph_query.select(shown, extra, call.request.param("$select"))


def _number(call: Call, name: str, default: int) -> int:
    text = call.request.param(name)
    if text and not text.isdigit():
        raise bad_request(f"Invalid value for {name}.")
    return int(text or default)


def _link(call: Call, changed: dict[str, str]) -> str:
    values = {name: found[-1] for name, found in call.request.query.items()} | changed
    return f"{call.request.base_url}{call.request.path}?{urlencode(values)}"


def list_folders(call: Call) -> Response:
    value = [graph_view.folder(call.graph, name) for name in FOLDERS]
    return answer(call, {**context(call, "users('me')/mailFolders"), "value": value})


def get_folder(call: Call) -> Response:
    return answer(call, graph_view.folder(call.graph, _folder(call)))


def delta(call: Call) -> Response:
    """Answer what changed since the token; the first call pages through everything."""
    folder = _folder(call)
    token = call.request.param("$deltatoken") or call.request.param("$skiptoken")
    since = _read_token(token) if token else 0
    changed = sorted(
        (
            item
            for item in call.graph.items.values()
            if item.folder == folder and item.change > since
        ),
        key=lambda item: item.change,
    )
    size = _page_size(call)
    page, more = changed[:size], len(changed) > size
    value = [_shown(call, (item, show(call, item))) for item in page]
    if token and not more:
        value += _removed(call, folder, since)
    reached = page[-1].change if more else call.graph.change
    name = "$skiptoken" if more else "$deltatoken"
    link = f"{call.request.base_url}{call.request.path}?{urlencode(_kept(call) | {name: _token(reached)})}"
    key = "@odata.nextLink" if more else "@odata.deltaLink"
    return answer(call, {**context(call, "Collection(message)"), key: link, "value": value})


def _page_size(call: Call) -> int:
    prefer = call.request.header("prefer").lower().replace(" ", "")
    _, found, rest = prefer.partition("odata.maxpagesize=")
    digits = rest.split(",")[0] if found else ""
    return int(digits) if digits.isdigit() else 50


def _kept(call: Call) -> dict[str, str]:
    selected = call.request.param("$select")
    return {"$select": selected} if selected else {}


def _removed(call: Call, folder: str, since: int) -> list[dict[str, Any]]:
    here = {item.immutable_id for item in call.graph.items.values() if item.folder == folder}
    key = "immutable_id" if immutable(call) else "id"
    return [
        {"id": row[key], "@removed": {"reason": "deleted"}}
        for row in call.graph.removed
        if row["folder"] == folder and row["change"] > since and row["immutable_id"] not in here
    ]


def _token(change: int) -> str:
    return base64.urlsafe_b64encode(f"change:{change}".encode()).decode()


def _read_token(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("change:"))
    except ValueError as error:
        raise refuse(410, "SyncStateNotFound", "The sync state is not found.") from error


ROUTES = [
    graph_route("GET", "/messages", "messages.list", ("list",), READ, list_messages),
    graph_route("GET", "/mailFolders", "mailFolders.list", ("list", "folders"), READ, list_folders),
    graph_route("GET", "/mailFolders/{folder}", "mailFolders.get", ("folders",), READ, get_folder),
    graph_route(
        "GET",
        "/mailFolders/{folder}/messages",
        "mailFolders.messages.list",
        ("list",),
        READ,
        list_folder,
    ),
    graph_route(
        "GET",
        "/mailFolders/{folder}/messages/delta",
        "messages.delta",
        ("list", "delta"),
        READ,
        delta,
    ),
]

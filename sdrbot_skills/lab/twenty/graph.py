"""POST /graphql and /metadata: always 200, errors inside."""

from collections.abc import Callable
from typing import Any, cast

import orjson
from graphql import GraphQLError, GraphQLSchema, execute_sync, parse, validate

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.access import Role
from sdrbot_skills.lab.twenty.fieldrules import Invalid
from sdrbot_skills.lab.twenty.files import FileProblem, Files, multipart
from sdrbot_skills.lab.twenty.graphtypes import RecordTypes, metadata_schema, nobody
from sdrbot_skills.lab.twenty.metadata import Metadata
from sdrbot_skills.lab.twenty.reading import Listing, Order
from sdrbot_skills.lab.twenty.rest import Rest
from sdrbot_skills.lab.twenty.schema import Field, ObjectType
from sdrbot_skills.lab.twenty.standard import stable_id

MOST_WITHOUT_FIRST = 200
_FORBIDDEN = {"message": "Forbidden resource", "error": "Forbidden", "statusCode": 403}
_LOGIN = {"id": "z+7x/s", "message": "You must be authenticated to perform this action."}


class Told(Exception):
    """An error with the vendor's extensions."""

    def __init__(self, message: str, extensions: Doc) -> None:
        super().__init__(message)
        self.extensions = extensions


class Graph:
    def __init__(self, app: App, rest: Rest, metadata: Metadata, files: Files) -> None:
        self.app, self.rest, self.metadata, self.files = app, rest, metadata, files
        self._schemas: dict[str, tuple[int, GraphQLSchema]] = {}

    def add_routes(self) -> None:
        self.app.router.add("POST", "/graphql", lambda request: self.answer(request, self._records(request)))
        self.app.router.add("POST", "/metadata", lambda request: self.answer(request, self._definitions()))

    def answer(self, request: Request, schema: GraphQLSchema) -> Response:
        if "login" in request.context:
            return self._not_logged_in(request, schema)
        body = multipart(request) if "multipart" in request.headers.get("Content-Type", "") else request.json()
        document, problems = _parsed(schema, str(body.get("query", "")))
        if problems:
            return reply(200, {"errors": [_validation(problem) for problem in problems]})
        if request.template == "/graphql" and not self.rest.access.bucket.take():
            return self._over_limit(document)
        found = execute_sync(schema, document, context_value=request, variable_values=body.get("variables") or {})
        shown: Doc = {"data": found.data}
        if found.errors:
            shown["errors"] = [_execution(problem) for problem in found.errors]
            self.app.store.version += 1  # what a failed mutation left in caches must not be believed
        return reply(200, shown)

    def _not_logged_in(self, request: Request, schema: GraphQLSchema) -> Response:
        if not request.headers.get("Authorization"):
            _, problems = _parsed(nobody(), str(request.json().get("query", "")))
            return reply(200, {"errors": [_validation(problem) for problem in problems]})
        message = request.context["login"]
        extensions = {"userFriendlyMessage": _LOGIN, "subCode": "UNAUTHENTICATED", "code": "UNAUTHENTICATED"}
        return reply(200, {"errors": [{"message": message, "extensions": extensions}]})

    def _over_limit(self, document: Any) -> Response:
        roots = [one.name.value for one in document.definitions[0].selection_set.selections]
        extensions = {"subCode": "LIMIT_REACHED", "userFriendlyMessage": "Rate limit reached. Please try again later."}
        message = "Limit reached (100 tokens per 60000 ms)"
        told = {"message": message, "extensions": {**extensions, "code": "BAD_USER_INPUT"}}
        return reply(200, {"data": dict.fromkeys(roots), "errors": [told]})

    # --- records ---

    def _records(self, request: Request) -> GraphQLSchema:
        version = self.app.store.version
        kept = self._schemas.get("records")
        if kept is None or kept[0] != version:
            objects = self.rest.schema.objects()
            schema = RecordTypes(objects, self._resolver, self._related, self._visible).schema()
            kept = self._schemas["records"] = (version, schema)
        return kept[1]

    def _resolver(self, action: str, kind: ObjectType, *, single: bool = False) -> Callable[..., Any]:
        act = getattr(self, f"_{action}")

        def resolve(_: Any, info: Any, **arguments: Any) -> Any:
            request = cast("Request", info.context)
            found = act(request, kind, {**arguments, "single": single} if action != "list" else arguments)
            return found[0] if single and isinstance(found, list) else found

        return resolve

    def _visible(self, kind: ObjectType, name: str) -> Callable[..., Any]:
        def resolve(doc: Doc, info: Any) -> Any:
            info.context.context["role"].need_readable(kind, [name])
            return doc.get(name)

        return resolve

    def _related(self, kind: ObjectType, one: Field) -> Callable[..., Any]:
        def resolve(doc: Doc, info: Any) -> Any:
            role: Role = info.context.context["role"]
            target = self.rest.schema.objects()[one.to or ""]
            role.need(target, "read")
            found = self.rest.reading.related(kind, one, target, doc, role)
            return _edges(Listing(found, len(found))) if one.many else found

        return resolve

    def _list(self, request: Request, kind: ObjectType, given: Doc) -> Doc:
        role: Role = request.context["role"]
        role.need(kind, "read")
        order = _order(given.get("orderBy") or [])
        self.rest.reading.check_order(kind, order, role)
        limit = given.get("first") or given.get("last") or MOST_WITHOUT_FIRST
        cursors = {"after": given.get("after") or "", "before": given.get("before") or ""}
        return _edges(self.rest.reading.page(kind, given.get("filter") or {}, order, limit, **cursors))

    def _one(self, request: Request, kind: ObjectType, given: Doc) -> Doc:
        request.context["role"].need(kind, "read")
        found = self.rest.reading.page(kind, given.get("filter") or {}, [], 1)
        if not found.docs:
            raise errors.not_found()
        return found.docs[0]

    def _duplicates(self, request: Request, kind: ObjectType, given: Doc) -> list[Doc]:
        request.context["role"].need(kind, "read")
        rows = given.get("data") or [self.rest.records.one(kind, one).doc for one in given.get("ids") or ()]
        return [_edges(self.rest.duplicates_of(kind, row)) for row in rows]

    def _create(self, request: Request, kind: ObjectType, given: Doc) -> list[Doc]:
        role: Role = request.context["role"]
        role.need(kind, "update")
        rows = [given["data"]] if given["single"] else given["data"]
        for row in rows:
            role.need_writable(kind, row)
        actor = self.rest.access.actor(request)
        return self.rest.records.create(kind, rows, actor, upsert=bool(given.get("upsert")))

    def _update(self, request: Request, kind: ObjectType, given: Doc) -> list[Doc]:
        role: Role = request.context["role"]
        role.need(kind, "update")
        role.need_writable(kind, given["data"])
        records = self._meant(kind, given)
        return self.rest.records.update(kind, records, given["data"], self.rest.access.actor(request))

    def _delete(self, request: Request, kind: ObjectType, given: Doc) -> list[Doc]:
        """Into the bin: GraphQL's word for what REST does with soft_delete=true."""
        request.context["role"].need(kind, "soft_delete")
        return self.rest.records.soft_delete(kind, self._meant(kind, given))

    def _destroy(self, request: Request, kind: ObjectType, given: Doc) -> list[Doc]:
        request.context["role"].need(kind, "destroy")
        return self.rest.records.destroy(kind, self._meant(kind, given))

    def _restore(self, request: Request, kind: ObjectType, given: Doc) -> list[Doc]:
        request.context["role"].need(kind, "soft_delete")
        if given["single"]:
            return self.rest.records.restore(kind, self._meant(kind, given))
        return self.rest.restore_fitting(kind, given.get("filter") or {})

    def _meant(self, kind: ObjectType, given: Doc) -> Any:
        if given["single"]:
            return [self.rest.records.one(kind, given["id"], deleted=True)]
        return self.rest.reading.fitting(kind, given.get("filter") or {})

    # --- definitions ---

    def _definitions(self) -> GraphQLSchema:
        kept = self._schemas.get("metadata")
        if kept is None:
            kept = self._schemas["metadata"] = (0, metadata_schema(self._metadata_resolvers()))
        return kept[1]

    def _metadata_resolvers(self) -> dict[str, Callable[..., Any]]:
        meta, files = self.metadata, self.files

        def guarded(act: Callable[[Doc], Any]) -> Callable[..., Any]:
            def resolve(_: Any, info: Any, **given: Any) -> Any:
                info.context.context["role"].need_settings()
                return act(given.get("input") or given)

            return resolve

        def uploading(act: Callable[..., Any]) -> Callable[..., Any]:
            def resolve(_: Any, info: Any, **given: Any) -> Any:
                if not info.context.context["role"].tools:
                    denied = "Entity performing the request does not have permission"
                    words = "You do not have permission to access this feature. Please contact your workspace administrator for access."
                    raise FileProblem(denied, words)
                return act(**given)

            return resolve

        return {
            "objects": lambda _, info, **given: _edges(Listing(self._labelled(), 0)),
            "fields_page": lambda doc, info, **given: _edges(Listing(doc["fields"], 0)),
            "fields_list": lambda doc, info: doc["fields"],
            "relation": lambda doc, info: self._relation(doc) if doc["type"] == "RELATION" else None,
            "morph_relations": lambda doc, info: [self._relation(doc)] if doc["type"] == "MORPH_RELATION" else None,
            "current_user": self._current_user,
            "roles": guarded(lambda _: self._roles()),
            "create_field": guarded(lambda given: meta.create_field(given["field"])),
            "update_field": guarded(lambda given: meta.update_field(given["id"], given["update"])),
            "delete_field": guarded(lambda given: meta.delete_field(given["id"])),
            "create_object": guarded(lambda given: meta.create_object(given["object"])),
            "update_object": guarded(lambda given: meta.update_object(given["id"], given["update"])),
            "delete_object": guarded(lambda given: meta.delete_object(given["id"])),
            "create_upload": uploading(files.begin),
            "complete_upload": uploading(files.complete),
            "upload": uploading(files.whole),
        }

    def _labelled(self) -> list[Doc]:
        """With their fields; GraphQL shows the label that an override gives."""
        return [
            {**owner.doc, "fields": [{**one.doc, **one.doc.get("overrides", {})} for one in owner.fields.values()]}
            for owner in self.rest.schema.objects().values()
        ]

    def _relation(self, doc: Doc) -> Doc:
        target = self.rest.schema.objects()[doc["_to"]]
        other = target.fields.get(doc["_inverse"] or "")
        names = {name: target.doc[name] for name in ("id", "nameSingular", "namePlural")}
        end = {"id": other.doc["id"], "name": other.name} if other else {"id": None, "name": doc["_inverse"]}
        return {"type": doc["settings"]["relationType"], "targetObjectMetadata": names, "targetFieldMetadata": end}

    def _current_user(self, _: Any, info: Any) -> Any:
        told = {"code": "FORBIDDEN", "response": _FORBIDDEN, "userFriendlyMessage": "An error occurred."}
        raise Told("Forbidden resource", told)

    def _roles(self) -> list[Doc]:
        keys = [
            {"id": one["id"], "name": one["name"]} for one in self.app.store.things("key").values() if not one["role"]
        ]
        rights = ("Read", "Update", "SoftDelete", "Destroy")
        everything = {f"can{right}AllObjectRecords": True for right in rights}
        lists: Doc = {"permissionFlags": [], "objectPermissions": []}
        return [
            {
                "id": stable_id("role", label),
                "label": label,
                "canBeAssignedToApiKeys": admin,
                "canUpdateAllSettings": admin,
                "apiKeys": keys if admin else [],
                **everything,
                **lists,
            }
            for label, admin in (("Admin", True), ("Member", False))
        ]


def _parsed(schema: GraphQLSchema, query: str) -> tuple[Any, list[GraphQLError]]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, [error]
    return document, validate(schema, document)


def _edges(page: Listing) -> Doc:
    cursors = page.cursors or [""] * len(page.docs)
    edges = [{"node": doc, "cursor": cursor} for doc, cursor in zip(page.docs, cursors, strict=True)]
    return {"edges": edges, "pageInfo": page.page_info, "totalCount": page.total}


def _order(given: list[Doc]) -> Order:
    found: Order = []
    for one in given:
        for name, direction in one.items():
            if isinstance(direction, dict):
                found += [(name, part, each) for part, each in direction.items()]
            else:
                found.append((name, None, direction))
    return found


def _validation(error: GraphQLError) -> Doc:
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return {"message": error.message, **({"locations": places} if places else {})}


def _execution(error: GraphQLError) -> Doc:
    """A refusal of the shared rules in GraphQL's words."""
    cause = error.original_error
    if isinstance(cause, errors.Refusal):
        return {"message": cause.message, "extensions": _extensions(cause)}
    if isinstance(cause, Invalid):
        return {"message": cause.message, "extensions": _invalid(cause)}
    if isinstance(cause, FileProblem):
        told = {"code": "INTERNAL_SERVER_ERROR", "userFriendlyMessage": cause.friendly}
        return {"message": str(cause), "extensions": told}
    if isinstance(cause, Told):
        return {"message": str(cause), "extensions": cause.extensions}
    if isinstance(cause, Answer) and isinstance(cause.response.body, bytes):
        message = orjson.loads(cause.response.body)
        words = message if isinstance(message, str) else str(message.get("message") or message.get("messages"))
        return {"message": words, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    if cause is not None:
        raise cause
    return _validation(error)


def _extensions(refusal: errors.Refusal) -> Doc:
    told: Doc = {"subCode": refusal.sub_code} if refusal.sub_code else {}
    told["userFriendlyMessage"] = refusal.friendly
    if refusal.conflict:
        name, record_id, _ = refusal.conflict
        told |= {"conflictingRecordId": record_id, "conflictingObjectNameSingular": name}
    codes = {"PERMISSION_DENIED": "FORBIDDEN", "RECORD_NOT_FOUND": "NOT_FOUND"}
    return {**told, "code": codes.get(refusal.sub_code or "", "BAD_USER_INPUT")}


def _invalid(cause: Invalid) -> Doc:
    listed = ", ".join(
        f"{n} {family}{'s' if n > 1 else ''}" for family, n in cause.summary.items() if family != "totalErrors"
    )
    told = {"code": "METADATA_VALIDATION_FAILED", "errors": cause.errors, "summary": cause.summary}
    return {**told, "userFriendlyMessage": cause.friendly, "message": f"Validation failed for {listed}"}

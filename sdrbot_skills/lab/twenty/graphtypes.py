"""GraphQL schemas made from the workspace's metadata: records under /graphql, definitions under /metadata.

Inputs are taken as they come (scalars by the vendor's type names); what is wrong in them is told by the same rules as in REST.
"""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    value_from_ast_untyped,
)

from sdrbot_skills.lab.twenty.schema import PARTS, Field, ObjectType

Resolve = Callable[..., Any]


def passing(name: str) -> GraphQLScalarType:
    """A scalar that lets everything through."""
    return GraphQLScalarType(name, parse_value=_as_it_is, parse_literal=value_from_ast_untyped)


def _as_it_is(value: Any) -> Any:
    return value


ANY = passing("JSON")
_PAGE_INFO = GraphQLObjectType(
    "PageInfo",
    {
        "hasNextPage": GraphQLField(GraphQLBoolean),
        "hasPreviousPage": GraphQLField(GraphQLBoolean),
        "startCursor": GraphQLField(GraphQLString),
        "endCursor": GraphQLField(GraphQLString),
    },
)
_COMPOSITES = {
    kind: GraphQLObjectType(
        "".join(word.capitalize() for word in kind.split("_")),
        {part: GraphQLField(ANY if of in ("RAW_JSON", "NUMERIC") else GraphQLString) for part, of in parts.items()},
    )
    for kind, parts in PARTS.items()
}
_LEAVES = {
    "NUMBER": GraphQLFloat,
    "POSITION": GraphQLFloat,
    "BOOLEAN": GraphQLBoolean,
    "RAW_JSON": ANY,
    "FILES": ANY,
    "MULTI_SELECT": GraphQLList(GraphQLString),
    "ARRAY": GraphQLList(GraphQLString),
}


def connection(name: str, node: Any, **more: GraphQLField) -> GraphQLObjectType:
    edge = GraphQLObjectType(f"{name}Edge", {"node": GraphQLField(node), "cursor": GraphQLField(GraphQLString)})
    fields = {"edges": GraphQLField(GraphQLList(edge)), "pageInfo": GraphQLField(_PAGE_INFO), **more}
    return GraphQLObjectType(f"{name}Connection", fields)


class RecordTypes:
    """`resolve(action, kind)` gives the resolver of one root field; `related(kind, field)` that of a relation."""

    def __init__(self, objects: dict[str, ObjectType], resolve: Resolve, related: Resolve, visible: Resolve) -> None:
        self._objects, self._resolve, self._related, self._visible = objects, resolve, related, visible
        self._inputs: dict[str, GraphQLScalarType] = {}
        total = GraphQLField(GraphQLInt)
        self._types = {name: self._type(kind) for name, kind in objects.items()}
        self._pages = {name: connection(k.pascal, self._types[name], totalCount=total) for name, k in objects.items()}

    def schema(self) -> GraphQLSchema:
        queries: dict[str, GraphQLField] = {}
        mutations: dict[str, GraphQLField] = {}
        for kind in self._objects.values():
            self._add_queries(kind, queries)
            self._add_mutations(kind, mutations)
        return GraphQLSchema(GraphQLObjectType("Query", queries), GraphQLObjectType("Mutation", mutations))

    def _type(self, kind: ObjectType) -> GraphQLObjectType:
        return GraphQLObjectType(kind.pascal, lambda: self._fields(kind))

    def _fields(self, kind: ObjectType) -> dict[str, GraphQLField]:
        fields: dict[str, GraphQLField] = {}
        for one in kind.fields.values():
            if one.join:
                fields[one.join] = GraphQLField(GraphQLString)
            fields[one.name] = self._field(kind, one)
        return fields

    def _field(self, kind: ObjectType, one: Field) -> GraphQLField:
        if one.to:
            shape: Any = self._pages[one.to] if one.many else self._types[one.to]
            return GraphQLField(shape, resolve=self._related(kind, one))
        shape = _COMPOSITES.get(one.type) or _LEAVES.get(one.type, GraphQLString)
        return GraphQLField(shape, resolve=self._visible(kind, one.name))

    def _add_queries(self, kind: ObjectType, queries: dict[str, GraphQLField]) -> None:
        given = {"filter": GraphQLArgument(self._input(kind, "FilterInput"))}
        paging = {"first": GraphQLInt, "last": GraphQLInt, "after": GraphQLString, "before": GraphQLString}
        many = {**given, "orderBy": GraphQLArgument(GraphQLList(self._input(kind, "OrderByInput")))}
        many |= {name: GraphQLArgument(of) for name, of in paging.items()}
        queries[kind.plural] = GraphQLField(self._pages[kind.name], many, self._resolve("list", kind))
        queries[kind.name] = GraphQLField(self._types[kind.name], given, self._resolve("one", kind))
        like = {"data": GraphQLList(self._input(kind, "CreateInput")), "ids": GraphQLList(GraphQLString)}
        arguments = {name: GraphQLArgument(of) for name, of in like.items()}
        shape = GraphQLList(self._pages[kind.name])
        queries[f"{kind.name}Duplicates"] = GraphQLField(shape, arguments, self._resolve("duplicates", kind))

    def _add_mutations(self, kind: ObjectType, mutations: dict[str, GraphQLField]) -> None:
        create, update = self._input(kind, "CreateInput"), self._input(kind, "UpdateInput")
        given = {"filter": GraphQLArgument(self._input(kind, "FilterInput"))}
        upsert, by_id = {"upsert": GraphQLArgument(GraphQLBoolean)}, {"id": GraphQLArgument(GraphQLString)}
        single = {"data": GraphQLArgument(GraphQLNonNull(create)), **upsert}
        several = {"data": GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(create)))), **upsert}
        change = {"data": GraphQLArgument(GraphQLNonNull(update))}
        verbs: dict[str, tuple[dict[str, GraphQLArgument], dict[str, GraphQLArgument]]] = {
            "create": (single, several),
            "update": (by_id | change, given | change),
            "delete": (by_id, given),
            "destroy": (by_id, given),
            "restore": (by_id, given),
        }
        node = self._types[kind.name]
        for verb, (one, many) in verbs.items():
            mutations[verb + kind.pascal] = GraphQLField(node, one, self._resolve(verb, kind, single=True))
            mutations[verb + kind.pascal_plural] = GraphQLField(GraphQLList(node), many, self._resolve(verb, kind))

    def _input(self, kind: ObjectType, suffix: str) -> GraphQLScalarType:
        name = f"{kind.pascal}{suffix}"
        return self._inputs.setdefault(name, passing(name))


def nobody() -> GraphQLSchema:
    """What is there without a token."""
    return GraphQLSchema(GraphQLObjectType("Query", {"_": GraphQLField(GraphQLString)}))


_WORDS_OF_FIELD_PARTS = (
    "id name label type description icon isActive isSystem isUIEditable isUIReadOnly isNullable "
    "isUnique defaultValue options settings universalIdentifier applicationId objectMetadataId "
    "workspaceId createdAt updatedAt isLabelSyncedWithName morphId"
)
_FIELD_PARTS = tuple(_WORDS_OF_FIELD_PARTS.split())
_WORDS_OF_OBJECT_PARTS = (
    "id nameSingular namePlural labelSingular labelPlural description icon isActive isSystem isRemote "
    "isSearchable isUIEditable isUICreatable isUIReadOnly isLabelSyncedWithName shortcut "
    "duplicateCriteria universalIdentifier applicationId workspaceId createdAt updatedAt "
    "labelIdentifierFieldMetadataId imageIdentifierFieldMetadataId"
)
_OBJECT_PARTS = tuple(_WORDS_OF_OBJECT_PARTS.split())
_WORDS_OF_ROLE_PARTS = (
    "id label canBeAssignedToApiKeys canReadAllObjectRecords canUpdateAllObjectRecords "
    "canSoftDeleteAllObjectRecords canDestroyAllObjectRecords canUpdateAllSettings"
)
_ROLE_PARTS = tuple(_WORDS_OF_ROLE_PARTS.split())


def metadata_schema(resolvers: dict[str, Resolve]) -> GraphQLSchema:
    """Definitions, files and roles. Every root is non-null: an error takes the whole of `data` with it."""
    field = _definition_type(resolvers)
    edge_args = {"paging": GraphQLArgument(passing("CursorPaging")), "filter": GraphQLArgument(passing("ObjectFilter"))}
    owner = GraphQLObjectType(
        "Object",
        {
            **{name: GraphQLField(_scalar(name)) for name in _OBJECT_PARTS},
            "fieldsList": GraphQLField(GraphQLList(field), resolve=resolvers["fields_list"]),
            "fields": GraphQLField(connection("ObjectField", field), edge_args, resolvers["fields_page"]),
        },
    )
    queries = {
        "objects": GraphQLField(GraphQLNonNull(connection("Object", owner)), edge_args, resolvers["objects"]),
        "currentUser": GraphQLField(GraphQLNonNull(_user_type()), resolve=resolvers["current_user"]),
        "getRoles": GraphQLField(GraphQLNonNull(GraphQLList(_role_type())), resolve=resolvers["roles"]),
    }
    mutations = _definition_mutations(resolvers, field, owner) | _file_mutations(resolvers)
    return GraphQLSchema(GraphQLObjectType("Query", queries), GraphQLObjectType("Mutation", mutations))


def _scalar(name: str) -> Any:
    if name.startswith(("is", "can")):
        return GraphQLBoolean
    return ANY if name in ("defaultValue", "options", "settings", "duplicateCriteria") else GraphQLString


def _definition_type(resolvers: dict[str, Resolve]) -> GraphQLObjectType:
    names = GraphQLObjectType(
        "RelationObject", {n: GraphQLField(GraphQLString) for n in ("id", "nameSingular", "namePlural")}
    )
    named = GraphQLObjectType("RelationField", {n: GraphQLField(GraphQLString) for n in ("id", "name")})
    ends = {"targetObjectMetadata": GraphQLField(names), "targetFieldMetadata": GraphQLField(named)}
    relation = GraphQLObjectType("Relation", {"type": GraphQLField(GraphQLString), **ends})
    return GraphQLObjectType(
        "Field",
        {
            **{name: GraphQLField(_scalar(name)) for name in _FIELD_PARTS},
            "relation": GraphQLField(relation, resolve=resolvers["relation"]),
            "morphRelations": GraphQLField(GraphQLList(relation), resolve=resolvers["morph_relations"]),
        },
    )


def _definition_mutations(resolvers: dict[str, Resolve], field: Any, owner: Any) -> dict[str, GraphQLField]:
    made: dict[str, GraphQLField] = {}
    for verb in ("create", "update", "delete"):
        for noun, shape in (("Field", field), ("Object", owner)):
            suffix = "MetadataInput" if noun == "Field" else "Input"
            name = f"{verb.capitalize()}One{noun}{suffix}"
            arguments = {"input": GraphQLArgument(GraphQLNonNull(passing(name)))}
            resolver = resolvers[f"{verb}_{noun.lower()}"]
            made[f"{verb}One{noun}"] = GraphQLField(GraphQLNonNull(shape), arguments, resolver)
    return made


def _user_type() -> GraphQLObjectType:
    parts = ("permissionFlags", "objectsPermissions")
    rights = GraphQLObjectType(
        "ObjectPermission", {n: GraphQLField(ANY) for n in ("objectMetadataId", "canReadObjectRecords")}
    )
    fields = {parts[0]: GraphQLField(ANY), parts[1]: GraphQLField(GraphQLList(rights))}
    workspace = GraphQLObjectType("UserWorkspace", fields)
    own = {"id": GraphQLField(GraphQLString), "email": GraphQLField(GraphQLString)}
    return GraphQLObjectType("User", {**own, "currentUserWorkspace": GraphQLField(workspace)})


def _role_type() -> GraphQLObjectType:
    flag = GraphQLObjectType("PermissionFlag", {"flag": GraphQLField(GraphQLString)})
    rights = GraphQLObjectType(
        "RoleObject", {n: GraphQLField(ANY) for n in ("objectMetadataId", "canReadObjectRecords")}
    )
    key = GraphQLObjectType("ApiKeyForRole", {n: GraphQLField(GraphQLString) for n in ("id", "name")})
    lists = {"permissionFlags": flag, "objectPermissions": rights, "apiKeys": key}
    fields = {name: GraphQLField(_scalar(name)) for name in _ROLE_PARTS}
    return GraphQLObjectType("Role", {**fields, **{n: GraphQLField(GraphQLList(t)) for n, t in lists.items()}})


def _file_mutations(resolvers: dict[str, Resolve]) -> dict[str, GraphQLField]:
    folders = GraphQLEnumType(
        "FileFolder", {n: n for n in ("FilesField", "CorePicture", "PersonPicture", "Attachment")}
    )
    upload = GraphQLObjectType(
        "FileUpload", {n: GraphQLField(GraphQLString) for n in ("fileId", "uploadUrl", "contentType", "expiresAt")}
    )
    file = GraphQLObjectType("File", {n: GraphQLField(ANY) for n in ("id", "path", "size", "createdAt", "url")})
    place = {n: GraphQLArgument(GraphQLString) for n in ("fieldMetadataId", "fieldMetadataUniversalIdentifier")}
    begin = {
        "filename": GraphQLArgument(GraphQLNonNull(GraphQLString)),
        "size": GraphQLArgument(GraphQLNonNull(GraphQLFloat)),
        "fileFolder": GraphQLArgument(GraphQLNonNull(folders)),
        **place,
    }
    end = {"fileId": GraphQLArgument(GraphQLNonNull(GraphQLString))}
    whole = {"file": GraphQLArgument(GraphQLNonNull(passing("Upload"))), **place}
    return {
        "createFileUpload": GraphQLField(GraphQLNonNull(upload), begin, resolvers["create_upload"]),
        "completeFileUpload": GraphQLField(GraphQLNonNull(file), end, resolvers["complete_upload"]),
        "uploadFilesFieldFile": GraphQLField(GraphQLNonNull(file), whole, resolvers["upload"]),
    }

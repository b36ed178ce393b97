"""Owners: users of both sides matched by e-mail; who has no counterpart is asked about once for the whole plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdrbot_skills.model.plan import FieldMapping, Otherwise, Question
from sdrbot_skills.model.schema import User
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.survey import Survey
from sdrbot_skills.planning.valuemaps import counted

QUESTION = "all.owners.users"
_SHOWN = 8


@dataclass
class UserMatch:
    """Users by id: `found` has a counterpart, `missing` has none that can own records."""

    found: dict[str, str | None] = field(default_factory=dict)
    missing: list[User] = field(default_factory=list)


def match_users(ours: Sequence[User], theirs: Sequence[User]) -> UserMatch:
    """Pair users by e-mail. A deactivated user of the target can own nothing new, so it is no counterpart."""
    by_email = {user.email.casefold(): user.id for user in theirs if user.email and user.active}
    match = UserMatch()
    for user in ours:
        found = by_email.get((user.email or "").casefold())
        if found is None:
            match.missing.append(user)
        else:
            match.found[user.id] = found
    return match


def propose_owner(draft: Draft) -> None:
    """Map the owner of one object's records."""
    prefix = "person" if draft.source.standard == "lead" else draft.source.standard
    source = draft.source_standard(f"{prefix}.owner")
    target = next(
        (entry for entry in draft.target.fields if (entry.standard or "").endswith(".owner") and entry.creatable), None
    )
    if source is None or target is None:
        return
    match = match_users(draft.ours.users, draft.theirs.users)
    draft.fields.append(
        FieldMapping.of(
            source.name,
            target.name,
            value_map=match.found,
            otherwise=Otherwise.NOTE,
            confidence=0.95,
            reason=f"the same e-mail: {len(match.found)} of {len(draft.ours.users)} users",
        )
    )


def owner_question(drafts: Sequence[Draft], ours: Survey, theirs: Survey) -> list[Question]:
    """The question about users without a counterpart, if any of them owns something in the sample or nothing is known of that."""
    targets = [f"{draft.word}.{entry.target}" for draft in drafts for entry in draft.fields if _is_owner(draft, entry)]
    missing = [user for user in match_users(ours.users, theirs.users).missing if _may_own(user, drafts)]
    if not targets or not missing:
        return []
    shown = ", ".join(_name(user) for user in missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    active = [user for user in theirs.users if user.active and user.email]
    choices = {
        "leave": "the target gives them to the user we connect as, and they are counted",
        "quarantine": "keep these records back",
    }
    if any(_must_be_named(draft, entry) for draft in drafts for entry in draft.fields):
        del choices["leave"]  # nobody gives them to anybody: the records would be kept back all the same
    return [
        Question(
            id=QUESTION,
            text=(
                f"{counted(len(missing), 'user')} of the source without an active user of the same e-mail in the target: {shown}{more}. Whose do their "
                "records become? Write one e-mail of the target for all, or `theirs = ours` pairs separated by `;`."
            ),
            choices=choices,
            free=True,
            suggestion=next(iter(choices)),
            source_names={_name(user): user.id for user in missing},
            target_names={str(user.email): user.id for user in active},
            targets=targets,
            personal=True,
        )
    ]


def _is_owner(draft: Draft, mapping: FieldMapping) -> bool:
    found = draft.target.field(mapping.target)
    return found is not None and (found.standard or "").endswith(".owner")


def _must_be_named(draft: Draft, mapping: FieldMapping) -> bool:
    found = draft.target.field(mapping.target)
    return found is not None and _is_owner(draft, mapping) and found.required


def _may_own(user: User, drafts: Sequence[Draft]) -> bool:
    """Deactivated users are mentioned only where the sample shows that they own something: there may be hundreds."""
    seen = [
        draft.fill.seen.get(entry.source[0]) for draft in drafts for entry in draft.fields if _is_owner(draft, entry)
    ]
    return user.active or any(counter is not None and counter[user.id] for counter in seen)


def _name(user: User) -> str:
    return user.email or user.name

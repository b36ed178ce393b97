"""Stages and pipelines: between the stages of both sides by label, by won and lost, by probability; what is unclear is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, utils

from sdrbot_skills.model.plan import FieldMapping, Otherwise, Question, Transform
from sdrbot_skills.model.schema import Field, Option, Pipeline, Stage
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.valuemaps import ValueMatch, match_options, value_question

_SAME = 90


def propose_stages(draft: Draft) -> None:
    """Map stages, and pipelines where the target has them: pipeline by pipeline, or all into one where the source has none."""
    source, target = draft.source_standard("deal.stage"), draft.target_standard("deal.stage")
    if target is None:
        return
    pairs = _pair_pipelines(draft)
    if source is None:
        return
    match = ValueMatch()
    for ours, theirs in pairs:
        found = match_stages(ours, theirs)
        match.sure |= found.sure
        match.near |= found.near
        match.unmatched += [stage for stage in found.unmatched if stage not in match.unmatched]
    if match.unmatched:
        labels = {stage.id: stage.label for ours, _ in pairs for stage in ours}
        labels = _distinct(labels, draft.ours.pipelines.get(draft.source.name, []))
        draft.questions.append(value_question(draft, source, target, match, labels))
    draft.fields.append(
        FieldMapping.of(
            source.name,
            target.name,
            value_map=match.sure,
            otherwise=Otherwise.REJECT,
            confidence=0.9 if match.unmatched else 0.99,
            reason="stage by stage: the same label, or the only one that is won or lost",
        )
    )


StagePair = tuple[list[Stage], list[Stage]]


def _pair_pipelines(draft: Draft) -> list[StagePair]:
    """Which stages are compared with which; the mapping of the pipeline field goes into the draft."""
    source, target = draft.source_standard("deal.pipeline"), draft.target_standard("deal.pipeline")
    ours = draft.ours.pipelines.get(draft.source.name, [])
    theirs = [entry for entry in draft.theirs.pipelines.get(draft.target.name, []) if entry.active]
    if source is None or target is None or not ours or not theirs:
        _propose_pipeline(draft)
        stages = _stages(_target_pipelines(draft), _options_of(draft.target_standard("deal.stage")))
        return [(list(one.stages), stages) for one in ours] or [(_source_stages(draft), stages)]
    match = match_options(
        [Option(value=one.id, label=one.label) for one in ours],
        [Option(value=one.id, label=one.label) for one in theirs],
    )
    if len(ours) == len(theirs) == 1:
        match = ValueMatch(sure={ours[0].id: theirs[0].id})
    usual = next((one for one in theirs if one.default), theirs[0]).id
    match.near = dict.fromkeys(match.unmatched, usual) | match.near
    if match.unmatched:
        draft.questions.append(value_question(draft, source, target, match, {one.id: one.label for one in ours}))
    reason = "pipeline by pipeline: the same label"
    mapping = FieldMapping.of(
        source.name, target.name, value_map=match.sure, otherwise=Otherwise.REJECT, confidence=0.95, reason=reason
    )
    draft.fields.append(mapping)
    by_id = {one.id: list(one.stages) for one in theirs}
    # A likely pipeline will do for its stages to be compared: what comes of it is asked about, and nothing would match otherwise.
    return [(list(one.stages), by_id[match.sure.get(one.id) or match.near[one.id]]) for one in ours]


def _options_of(field: Field | None) -> Sequence[Option]:
    return field.options if field else ()


def match_stages(ours: Sequence[Stage], theirs: Sequence[Stage]) -> ValueMatch:
    """Pair stages. A won stage never becomes an open one: only stages of the same outcome are compared."""
    found = ValueMatch()
    ours_far, theirs_far = _progress(ours, theirs)
    for stage in ours:
        peers = [peer for peer in theirs if _outcome(peer) == _outcome(stage)]
        same = [peer for peer in peers if peer.label.casefold() == stage.label.casefold()]
        alike = [peer for peer in peers if _likeness(stage, peer) >= _SAME]
        sure = same or alike or (peers if stage.closed else [])
        if len(sure) == 1 or same:
            found.sure[stage.id] = sure[0].id
            continue
        found.unmatched.append(stage.id)
        if peers:
            found.near[stage.id] = _nearest(stage, peers, ours_far, theirs_far).id
    return found


def _progress(*sides: Sequence[Stage]) -> list[dict[str, float]]:
    """Of each side, how far each open stage is, from 0 to 1: by probability where both tell it, else by its place among the open ones."""
    open_stages = [[stage for stage in stages if not stage.closed] for stages in sides]
    if all(stage.probability is not None for stages in open_stages for stage in stages):
        return [{stage.id: stage.probability or 0.0 for stage in stages} for stages in open_stages]
    return [{stage.id: place / max(len(stages) - 1, 1) for place, stage in enumerate(stages)} for stages in open_stages]


def _outcome(stage: Stage) -> str:
    return "open" if not stage.closed else "won" if stage.won else "lost"


def _likeness(one: Stage, other: Stage) -> float:
    return fuzz.token_sort_ratio(one.label, other.label, processor=utils.default_process)


def _nearest(stage: Stage, peers: Sequence[Stage], ours: Mapping[str, float], theirs: Mapping[str, float]) -> Stage:
    """The peer that is about as far; of two, the one whose label is more like it."""

    def distance(peer: Stage) -> tuple[float, float]:
        apart = abs(ours.get(stage.id, 1.0) - theirs.get(peer.id, 1.0))
        return (round(apart, 2), -_likeness(stage, peer))

    return min(peers, key=distance)


def _stages(pipelines: Sequence[Pipeline], options: Sequence[Option]) -> list[Stage]:
    """All stages, each id once; where the CRM gives no pipelines, the field's options."""
    stages = {stage.id: stage for pipeline in pipelines for stage in pipeline.stages}
    return list(stages.values()) or [Stage(id=option.value, label=option.label) for option in options]


def _distinct(labels: dict[str, str], pipelines: Sequence[Pipeline]) -> dict[str, str]:
    """Labels with their pipeline's name, where several pipelines have stages of one label."""
    names = {stage.id: pipeline.label for pipeline in pipelines for stage in pipeline.stages}
    texts = list(labels.values())
    return {
        stage: f"{label} [{names[stage]}]" if texts.count(label) > 1 and stage in names else label
        for stage, label in labels.items()
    }


def _target_pipelines(draft: Draft) -> list[Pipeline]:
    """The pipeline that is proposed for the target, alone; all where the target has no field for it."""
    pipelines = [entry for entry in draft.theirs.pipelines.get(draft.target.name, []) if entry.active]
    if draft.target_standard("deal.pipeline") is None:
        return pipelines
    return [next((entry for entry in pipelines if entry.default), pipelines[0])] if pipelines else []


def _propose_pipeline(draft: Draft) -> None:
    field = draft.target_standard("deal.pipeline")
    chosen = _target_pipelines(draft)
    if field is None or not chosen:
        return
    draft.fields.append(
        FieldMapping.of(
            [],
            field.name,
            transform=Transform(name="constant", settings={"value": chosen[0].id}),
            confidence=0.8,
            reason=f"all go into the pipeline {chosen[0].label}",
        )
    )
    others = [entry for entry in draft.theirs.pipelines[draft.target.name] if entry.active]
    if len(others) > 1:
        draft.questions.append(
            Question(
                id=f"{draft.word}.pipeline.{field.name}",
                object=draft.word,
                text=f"Which pipeline of the target do they go into? Proposed: {chosen[0].label}. With another one, its stages are matched anew.",
                choices={
                    entry.label: "its stages: " + ", ".join(stage.label for stage in entry.stages) for entry in others
                },
                suggestion=chosen[0].label,
                source_names={stage.label: stage.id for stage in _source_stages(draft)},
                target_names=_pipeline_names(others),
                targets=[
                    f"{draft.word}.{entry.name}" for entry in (field, draft.target_standard("deal.stage")) if entry
                ],
            )
        )


def _source_stages(draft: Draft) -> list[Stage]:
    source = draft.source_standard("deal.stage")
    return _stages(draft.ours.pipelines.get(draft.source.name, []), source.options) if source else []


def _pipeline_names(pipelines: Sequence[Pipeline]) -> dict[str, str]:
    """Pipelines by label, and their stages by `pipeline / stage`."""
    names = {pipeline.label: pipeline.id for pipeline in pipelines}
    return names | {
        f"{pipeline.label} / {stage.label}": stage.id for pipeline in pipelines for stage in pipeline.stages
    }

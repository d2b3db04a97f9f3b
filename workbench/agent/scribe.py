"""An incident written up by a model, from what is recorded and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from pydantic import BaseModel, Field
from pydantic_ai import Agent, ModelRetry, RunContext, ToolOutput
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import UsageLimits

from workbench.agent.answers import Answer, Ledger
from workbench.agent.choice import ANALYST, ModelChoice
from workbench.agent.compaction import BYTES_PER_TOKEN
from workbench.agent.disguise import Disguise
from workbench.agent.failures import ANALYST_INSTEAD, Failure, failure
from workbench.agent.meter import Meter
from workbench.agent.models import resolve_models
from workbench.agent.objections import unfounded
from workbench.agent.opening import prompt
from workbench.agent.patience import pause
from workbench.agent.quotation import supported
from workbench.agent.spending import Stopped
from workbench.agent.tally import Tally
from workbench.agent.toolset import framed
from workbench.core.budget import Budget
from workbench.core.characters import one_line, visible
from workbench.core.cluster import Scope
from workbench.core.investigation import Claim, Conclusion, ModelAnswered, Said
from workbench.core.narrative import Narrative, Part
from workbench.core.pseudonyms import Replaced
from workbench.errors import ModelUnavailable

SCRIBE = "scribe"
WRITE_UP = "write_up"  # the name of the output tool
MOST = 15
"""Sentences of a part that are kept."""
SHOWN = 80_000
"""Characters of evidence, where the model holds that much."""
_WORDS = 500  # characters of a sentence
_REPLY = 4_000  # tokens
_SHARE_OF_WINDOW = 2
_MORE = "Raise the limit in the settings, or write the report without a model."


class SentenceForm(BaseModel):
    """One sentence stating one fact."""

    text: str
    evidence: list[str] = Field(
        default=[], description="Labels of what shows it, as in ['INV-3/E7'] or ['INC-1']."
    )


class NarrativeForm(BaseModel):
    """Hand in the write-up. Ends it."""

    in_short: list[SentenceForm] = Field(min_length=1, description="Two to four sentences.")
    how_it_went: list[SentenceForm] = Field(default=[], description="In the order of time.")
    why: list[SentenceForm] = Field(default=[], description="From the cause to the symptom.")


TITLES = {"in_short": "In short", "how_it_went": "How it went", "why": "Why"}


class Material(NamedTuple):
    """What there is to write from.

    record: what people noted, said and did, as evidence under the incident's label.
    conclusions: by the label of the investigation; claims cite whole labels, ``INV-3/E7``.
    evidence: the calls that may be cited, under such labels.
    """

    record: Answer
    conclusions: Mapping[str, Conclusion]
    evidence: Sequence[Answer]
    cluster: str = ""
    scope: Scope = Scope()


class Written(NamedTuple):
    """narrative: None where ``failure`` says why. steps: what the answers cost."""

    narrative: Narrative | None
    steps: tuple[ModelAnswered | Said, ...]
    failure: Failure | None = None


async def write_up(
    material: Material,
    choice: ModelChoice,
    budget: Budget,
    clock: Callable[[], datetime],
    *,
    replaced: Collection[Replaced] = (),
) -> Written:
    """Have the chosen model, or one of those that take over from it, write it up.

    A sentence that cites or quotes what is not there is sent back once and is a hypothesis then.
    budget: of this alone. replaced: what the model gets stand-ins for.
    Raises ModelUnavailable, before anything is spent, for a model that cannot be used.
    """
    models = _models(choice)
    meter = Meter(budget, Ledger(), clock, clock())
    tally, why = Tally(meter, SCRIBE), None
    for model in models:
        desk = _Desk(material, model, tally, replaced)
        try:
            return Written(await desk.written(), tuple(tally.steps))
        except Stopped as stop:
            words = f"The incident was not written up: {stop.reason}."
            return Written(None, tuple(tally.steps), Failure(words, _MORE))
        except (AgentRunError, UserError) as error:
            found = failure(error, model.model_name)
            why = found._replace(hint=_fitting(found.hint))
    return Written(None, tuple(tally.steps), why)


def _models(choice: ModelChoice) -> list[Model]:
    """Those that can write. Raises ModelUnavailable."""
    try:
        models = [model for model in resolve_models(choice) if model.model_name != ANALYST]
    except ModelUnavailable as error:
        raise ModelUnavailable(error.message, _fitting(error.hint)) from error
    if not models:
        raise ModelUnavailable("The analyst writes nothing up.", "Name a model, as provider:name.")
    return models


def _fitting(hint: str) -> str:
    """A hint without the advice to ask the analyst."""
    return hint.replace(ANALYST_INSTEAD, "or leave the model out")


class _Desk:
    """One model at work on it."""

    def __init__(
        self, material: Material, model: Model, tally: Tally, replaced: Collection[Replaced]
    ) -> None:
        self._material = material
        self._model = model
        self._tally = tally
        self._sources = (material.record, *material.evidence)
        self._labels = frozenset(source.evidence for source in self._sources)
        self._disguise = Disguise(replaced)
        self._disguise.about(material.cluster, material.scope)
        for source in self._sources:
            self._disguise.learn(source)
        self._bounced = False

    async def written(self) -> Narrative:
        """Asked again while its trouble may pass. Raises AgentRunError, UserError and Stopped."""
        tried = 0
        async with self._model:
            while True:
                try:
                    form = await self._ask()
                except (AgentRunError, UserError) as error:
                    tried += 1
                    wait = pause(error, tried, self._tally.meter.seconds_left)
                    if wait is None:
                        raise
                    await asyncio.sleep(wait)
                else:
                    return Narrative(model=self._model.model_name, parts=tuple(self._parts(form)))

    async def _ask(self) -> NarrativeForm:
        writer: Agent[object, NarrativeForm] = Agent(
            self._model,
            name=SCRIBE,
            instructions=prompt(SCRIBE),
            output_type=ToolOutput(NarrativeForm, name=WRITE_UP),
            capabilities=[self._tally],
            retries={"output": 2},
        )
        writer.output_validator(self._heard)
        result = await writer.run(
            list(self._given()),
            model_settings=ModelSettings(max_tokens=_REPLY),
            usage=self._tally.meter.spent,
            usage_limits=UsageLimits(request_limit=None),
            timeout=self._tally.meter.seconds_left,
        )
        return result.output

    async def _heard(self, ctx: RunContext[object], form: NarrativeForm) -> NarrativeForm:
        """Raises ModelRetry, once, for what the record does not bear out."""
        claims = [claim for _, own in self._claims(form) for claim in own]
        complaint = unfounded(claims, self._labels, self._sources)
        if complaint and not self._bounced:
            self._bounced = True
            raise ModelRetry(self._disguise.hide(complaint))
        return form

    def _given(self) -> Iterator[str]:
        hide, material = self._disguise.hide, self._material
        yield hide(framed(material.record, material.cluster, self._room))
        for label, found in material.conclusions.items():
            told = visible(msgspec.json.encode(found).decode()).replace("<", "&lt;")
            yield hide(f'<conclusion of="{label}">\n{told}\n</conclusion>')
        each = self._room // max(len(material.evidence), 1)
        for source in material.evidence:
            yield hide(framed(source, material.cluster, each))

    @property
    def _room(self) -> int:
        """Characters of evidence."""
        if self._model.context_window is None:
            return SHOWN
        return min(SHOWN, int(self._model.context_window * BYTES_PER_TOKEN / _SHARE_OF_WINDOW))

    def _parts(self, form: NarrativeForm) -> Iterator[Part]:
        for title, claims in self._claims(form):
            if claims:
                yield Part(title=title, sentences=supported(claims, self._labels, self._sources))

    def _claims(self, form: NarrativeForm) -> Iterator[tuple[str, list[Claim]]]:
        """The sentences of each part, with the names in them."""
        shown = NarrativeForm.model_validate(self._disguise.reveal_value(form.model_dump()))
        for field, title in TITLES.items():
            said: list[SentenceForm] = getattr(shown, field)[:MOST]
            yield (
                title,
                [Claim(text=one_line(s.text, _WORDS), evidence=tuple(s.evidence)) for s in said],
            )

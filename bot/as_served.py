"""How the bot's answerer is built: the one way, so that what is measured is what students get."""

from functools import cache

from bot.answering.abbreviations import ABBREVIATIONS, Abbreviations
from bot.answering.answerer import Answerer
from bot.answering.scope import Scope
from bot.generation.base import GenerationOptions, Generator
from bot.moderation.base import Moderator
from bot.moderation.trained import Model, TrainedModerator
from bot.profile import Profile
from bot.retrieval.base import Knowledge
from bot.retrieval.small_encoder import shipped_encoder
from bot.settings import DATA, MODERATOR, Settings


def answerer(settings: Settings, profile: Profile, knowledge: Knowledge, generator: Generator) -> Answerer:
    """An answerer with all safeguards, as ``settings`` and ``profile`` say."""
    return Answerer(
        knowledge=knowledge,
        generator=generator,
        profile=profile,
        moderator=moderator(profile),
        abbreviations=abbreviations(settings),
        options=GenerationOptions(settings.max_new_tokens),
        scope=Scope(settings.answer_from),
        passages=settings.passages,
        question_limit=settings.question_limit,
    )


def abbreviations(settings: Settings) -> Abbreviations:
    """The home's; a home of an earlier release has none, and takes the shipped ones."""
    file = settings.abbreviations_file
    return Abbreviations.read(file if file.is_file() else ABBREVIATIONS)


def moderator(profile: Profile) -> Moderator:
    """The shipped moderator with the profile's replies; another one, such as a guard model, would be built here."""
    return TrainedModerator(_moderation(), profile.texts.for_concern)


@cache  # read once: what ships never changes
def _moderation() -> Model:
    return Model.read(MODERATOR, DATA / "moderation", shipped_encoder().encode)

"""How the bot's answerer is built: the one way, so that what is measured is what students get."""

from bot.answering.answerer import Answerer
from bot.answering.moderation import RuleModerator
from bot.answering.scope import Scope
from bot.generation.base import GenerationOptions, Generator
from bot.profile import Profile
from bot.retrieval.base import Knowledge
from bot.settings import Settings


def answerer(settings: Settings, profile: Profile, knowledge: Knowledge, generator: Generator) -> Answerer:
    """An answerer with all safeguards, as ``settings`` and ``profile`` say."""
    return Answerer(
        knowledge=knowledge,
        generator=generator,
        profile=profile,
        moderator=RuleModerator(profile.texts),
        options=GenerationOptions(settings.max_new_tokens),
        scope=Scope(settings.answer_from),
        passages=settings.passages,
        question_limit=settings.question_limit,
    )

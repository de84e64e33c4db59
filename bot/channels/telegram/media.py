"""What is said to pictures, voice messages and the rest: the bot reads text only, and says so kindly."""

from bot.channels.telegram import wording
from bot.channels.telegram.talk import Talk
from bot.channels.telegram.turns import Question
from bot.telegram.events import Media

_SEEN = ("photo", "document", "video", "animation")
_HEARD = ("voice", "audio", "video_note")


def captioned(media: Media, chat_id: str) -> Question:
    """The caption as a question; the other pictures of its album then say nothing any more."""
    return Question(media.caption, lead=wording.ONLY_THE_TEXT, once=_album(media, chat_id), alone=True)


def hint(talk: Talk, media: Media, institution: str) -> None:
    """Says what to do instead; to an album once."""
    talk.say(_hint(media.kind, institution), once=_album(media, talk.event.chat_id))


def not_passed_on(talk: Talk, media: Media) -> None:
    """Says that the person who has the conversation got the caption at most; of an album once."""
    text = wording.PERSON_GOT_THE_TEXT if media.caption else wording.PERSON_SEES_TEXT_ONLY
    talk.say(text, once=_album(media, talk.event.chat_id))


def _hint(kind: str, institution: str) -> str:
    if kind in _HEARD:
        return wording.VOICE
    if kind in _SEEN:
        return wording.PICTURE
    if kind in ("location", "venue"):
        return wording.LOCATION.format(question=wording.WHERE.format(name=institution))
    return wording.STICKER if kind in ("sticker", "dice") else wording.OTHER_MEDIA


def _album(media: Media, chat_id: str) -> str | None:
    return f"album:{chat_id}:{media.group}" if media.group else None

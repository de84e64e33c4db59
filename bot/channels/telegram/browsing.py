"""The approved questions by topic, as buttons: topics → questions → the answer."""

from bot.channels.telegram import wording
from bot.channels.telegram.talk import Talk
from bot.channels.telegram.topics import Topic, topics
from bot.telegram.keyboards import Button, button
from storage import pairs

_PAGE = 8
"""Questions that are shown at once."""
_ROW = 2
"""Topics beside each other."""


class Browsing:
    """Shows topics and their questions. What a button means holds for the knowledge version that it was made with."""

    def __init__(self) -> None:
        self._known: tuple[int, tuple[Topic, ...]] = (0, ())

    def show_topics(self, talk: Talk, *, instead: bool = False) -> None:
        """All topics, in a new message or instead of what the pressed button's message said."""
        version, found = self._topics(talk)
        buttons = [button(topic.name, "t", version, number, 0) for number, topic in enumerate(found)]
        rows = [buttons[first : first + _ROW] for first in range(0, len(buttons), _ROW)]
        text = wording.TOPICS if rows else wording.NO_TOPICS
        if instead:
            talk.edit(text, *rows)
        else:
            talk.say(text, *rows)

    def show_topic(self, talk: Talk, version: int, number: int, page: int) -> None:
        """A page of a topic's questions; the topics, where those have changed since."""
        current, found = self._topics(talk)
        if version != current or number >= len(found) or page * _PAGE >= len(found[number].pairs):
            self.show_topics(talk, instead=True)
            return
        topic = found[number]
        shown = topic.pairs[page * _PAGE : (page + 1) * _PAGE]
        rows = [[button(pair.question, "p", pair.id)] for pair in shown]
        turning: list[Button] = [button(wording.BACK, "t")]
        if (page + 1) * _PAGE < len(topic.pairs):
            turning.append(button(wording.MORE, "t", version, number, page + 1))
        talk.edit(wording.TOPIC.format(topic=topic.name), *rows, turning)

    def _topics(self, talk: Talk) -> tuple[int, tuple[Topic, ...]]:
        version = pairs.knowledge_version(talk.session)
        if self._known[0] != version:
            self._known = version, topics(pairs.list_pairs(talk.session))
        return self._known

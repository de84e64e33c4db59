"""Polls: what the Bot API takes, the Poll object, and votes."""

import time

from telegram.constants import PollLimit

from tests.telegram.chats import Chat
from tests.telegram.entities import formatted, units
from tests.telegram.values import Json, Message, Violation
from tests.telegram.world import World


def new_poll(world: World, p: Json) -> Json:
    """The Poll for the parameters of sendPoll.

    Raises:
        Violation: Telegram would not take it.
    """
    kind = p.get("type", "regular")
    if kind not in ("regular", "quiz"):
        raise Violation(f"type of the poll must be regular or quiz, not {kind!r}")
    _check_length("poll question", p["question"], PollLimit.MAX_QUESTION_LENGTH)
    poll: Json = {
        "id": str(5_400_000_000_000_000 + world.number()),
        "question": p["question"],
        "options": [
            {"persistent_id": str(world.number()), "text": text, "voter_count": 0} for text in _options(p["options"])
        ],
        "total_voter_count": 0,
        "is_closed": p.get("is_closed", False),
        "is_anonymous": p.get("is_anonymous", True),
        "type": kind,
        "allows_multiple_answers": p.get("allows_multiple_answers", False),
        "allows_revoting": p.get("allows_revoting", kind == "regular"),
        "members_only": False,
    }
    return poll | (_quiz(p, len(poll["options"])) if kind == "quiz" else _no_quiz(p))


def _options(options: list[Json | str]) -> list[str]:
    """The options' texts: what is sent are InputPollOption objects."""
    if not PollLimit.MIN_OPTION_NUMBER <= len(options) <= PollLimit.MAX_OPTION_NUMBER:
        raise Violation(f"poll must have 1-{PollLimit.MAX_OPTION_NUMBER.value} options, not {len(options)}")
    texts = []
    for option in options:
        if not isinstance(option, dict) or option.keys() != {"text"}:
            raise Violation(f"can't parse InputPollOption: the emulator takes {{'text': ...}}, not {option!r}")
        _check_length("poll option", option["text"], PollLimit.MAX_OPTION_LENGTH)
        texts.append(str(option["text"]))
    return texts


def _check_length(what: str, text: str, limit: int) -> None:
    if not text.strip():
        raise Violation(f"{what} must be non-empty")
    if units(text) > limit:
        raise Violation(f"{what} length must not exceed {int(limit)}, it is {units(text)}")


def _quiz(p: Json, options: int) -> Json:
    correct = p.get("correct_option_ids", [])
    right = all(type(option) is int and 0 <= option < options for option in correct)
    if not correct or not right or correct != sorted(set(correct)):
        raise Violation(f"correct_option_ids of a quiz must be rising, between 0 and {options - 1}, not {correct!r}")
    if len(correct) > 1 and not p.get("allows_multiple_answers"):
        raise Violation(f"a quiz with one answer has one correct option, not {correct!r}")
    quiz: Json = {"correct_option_ids": correct}
    if explanation := p.get("explanation"):
        mode, entities = p.get("explanation_parse_mode"), p.get("explanation_entities")
        shown, found = formatted(explanation, mode, entities, PollLimit.MAX_EXPLANATION_LENGTH)
        if shown.count("\n") > PollLimit.MAX_EXPLANATION_LINE_FEEDS:
            raise Violation(f"explanation of a quiz may have 2 line feeds at most, it has {shown.count(chr(10))}")
        quiz |= {"explanation": shown, "explanation_entities": found}
    return quiz


def _no_quiz(p: Json) -> Json:
    if given := p.keys() & {"correct_option_ids", "explanation"}:
        raise Violation(f"only a quiz has {sorted(given)}")
    return {}


def vote(world: World, chat: Chat, message: Message, user: Json, options: list[int]) -> None:
    """A user's vote, instead of an earlier one; no options take it back.

    Raises:
        ValueError: Telegram's apps would not let the user vote so.
    """
    with world.lock:
        shown = chat.find(message.message_id)
        poll: Json = shown.raw["poll"] if shown else {}
        key = (poll.get("id", ""), user["id"])
        several = len(options) > 1 and not poll.get("allows_multiple_answers")
        again = key in world.votes and not poll.get("allows_revoting")
        if not shown or poll["is_closed"] or several or again:
            raise ValueError(
                f"{user['first_name']} cannot vote {options} in {poll or message}: closed, or voted already"
            )
        for option in world.votes.get(key, []):
            poll["options"][option]["voter_count"] -= 1
        for option in options:
            poll["options"][option]["voter_count"] += 1
        world.votes[key] = options
        poll["total_voter_count"] = sum(
            1 for (poll_id, _), cast in world.votes.items() if poll_id == poll["id"] and cast
        )
        _tell(world, poll, user, options)


def _tell(world: World, poll: Json, user: Json, options: list[int]) -> None:
    world.updates.add("poll", poll | {"options": [dict(option) for option in poll["options"]]})
    if not poll["is_anonymous"]:
        persistent = [poll["options"][option]["persistent_id"] for option in options]
        answer = {"poll_id": poll["id"], "user": user, "option_ids": options, "option_persistent_ids": persistent}
        world.updates.add("poll_answer", answer)


def close(chat: Chat, message: Message) -> Json:
    """The poll, closed."""
    poll: Json = message.raw["poll"] | {"is_closed": True}
    chat.change(message, {"poll": poll, "edit_date": int(time.time())})
    return poll

"""A student's end of a hand-off, for tests: asks for a person, writes, leaves."""

from storage import conversations
from tests.bot.console.telegram.office import Office, Put


def asks(office: Office, question: str = "¿Me devuelven la matrícula?", name: str = "Eva Díaz") -> bool:
    talk = office.talk()
    with office.database.writing() as session:
        return office.side.people.ask(session, conversation_id=talk, name=name, question=question, now=office.now)


def tells(office: Office, text: str) -> bool:
    talk = office.talk()
    with office.database.writing() as session:
        return office.side.people.tell(session, conversation_id=talk, text=text, now=office.now)


def writes(office: Office, text: str) -> None:
    """The student writes in the thread: it is logged, and passed on."""
    talk = office.talk()
    with office.database.writing() as session:
        assert office.side.people.tell(session, conversation_id=talk, text=text, now=office.now)
        conversations.log_question(session, talk, text, now=office.now)


def leaves(office: Office) -> bool:
    talk = office.talk()
    with office.database.writing() as session:
        return office.side.people.leave(session, conversation_id=talk, now=office.now)


def card(office: Office) -> Put:
    assert asks(office)
    return office.new()[0]

"""The tables, typed.

There are no relationships: every query says what it joins, so nothing is ever loaded by surprise.
Rows stay inside ``storage``; callers get frozen records.
"""

from storage.models.base import Base
from storage.models.channels import ChatState, Inbox, Outbox
from storage.models.knowledge import Counter, Fold, Pair, PairChange, PairWording, Review, ReviewAsk, WordingSide
from storage.models.staff import Staff, StaffFact
from storage.models.talks import Conversation, Handoff, Message, Quiz
from storage.models.training import AdapterAlias, AdapterPair, AdapterVersion, AliasChange, TrainingRun

__all__ = [
    "AdapterAlias",
    "AdapterPair",
    "AdapterVersion",
    "AliasChange",
    "Base",
    "ChatState",
    "Conversation",
    "Counter",
    "Fold",
    "Handoff",
    "Inbox",
    "Message",
    "Outbox",
    "Pair",
    "PairChange",
    "PairWording",
    "Quiz",
    "Review",
    "ReviewAsk",
    "Staff",
    "StaffFact",
    "TrainingRun",
    "WordingSide",
]

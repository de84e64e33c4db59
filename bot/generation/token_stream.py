"""One answer in the making: tokens come in as the model makes them, text goes out in pieces.

The pieces joined are exactly the whole answer decoded at once and stripped, whenever they were asked for.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable

from transformers import PreTrainedTokenizerBase

from bot.errors import GenerationError
from bot.messages import ModelName

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


class TokenStream:
    """A :class:`bot.generation.base.Generation` that is fed on the event loop."""

    def __init__(self, model: ModelName, tokenizer: PreTrainedTokenizerBase, cancel: Callable[[], None]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._cancel = cancel
        self._ids: list[int] = []
        self._ended = False
        self._failure: str | None = None
        self._news = asyncio.Event()

    @property
    def model(self) -> ModelName:
        return self._model

    def feed(self, ids: list[int], *, ended: bool) -> None:
        """Takes all tokens made so far, EOS included."""
        self._ids, self._ended = ids, ended
        self._news.set()

    def fail(self, reason: str) -> None:
        """Ends the answer: iterating raises GenerationError, and yields nothing after it."""
        self._failure, self._ended = reason, True
        self._news.set()

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        sent, ended = 0, False
        try:
            while not ended:
                if not self._ended:
                    await self._news.wait()
                self._news.clear()
                if self._failure:
                    raise GenerationError(self._failure)
                ended = self._ended
                text = self._text(self._ids) if ended else self._settled_text()
                if len(text) > sent:
                    piece, sent = text[sent:], len(text)
                    yield piece
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Cancels the request unless it has ended; an iteration under way ends without another piece."""
        if not self._ended:
            self._cancel()
            self.feed([], ended=True)

    def _settled_text(self) -> str:
        """The start of the text that no later token can change.

        Characters outside the vocabulary are spelled in byte tokens, and a run of those is decoded as a
        whole: it is held back until another token ends it. Special tokens vanish, so they do not end it.
        """
        end = len(self._ids)
        while end and self._in_byte_run(self._ids[end - 1]):
            end -= 1
        return self._text(self._ids[:end])

    def _text(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def _in_byte_run(self, token_id: int) -> bool:
        token = str(self._tokenizer.convert_ids_to_tokens(token_id))
        return bool(_BYTE.fullmatch(token)) or token_id in self._tokenizer.all_special_ids

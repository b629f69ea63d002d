"""A byte-pair vocabulary learnt from sentences, and sentences as rows of its tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END: Final = 0  # before and after every sentence, and beyond its end
_END_TEXT: Final = "<|endoftext|>"
_MOST_LEARNT_FROM: Final = 5_000  # sentences


@dataclass(frozen=True, eq=False, slots=True)
class Vocabulary:
    """A tokenizer of bytes and their pairs, which never join a digit to anything but digits."""

    tokenizer: Tokenizer

    @property
    def n_tokens(self) -> int:
        """How many tokens there are."""
        return int(self.tokenizer.get_vocab_size())

    def tokens_of(self, sentences: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of sentences, int64 [R, T]: `END`, the sentence, `END`, and `END` up to the longest one's length."""
        rows = [encoded.ids for encoded in self.tokenizer.encode_batch(list(sentences))]
        tokens = np.full((len(rows), max(map(len, rows)) + 2), END, dtype=np.int64)
        for at, row in enumerate(rows):
            tokens[at, 1 : len(row) + 1] = row
        return tokens

    def sentences_of(self, tokens: NDArray[np.int64]) -> list[str]:
        """The sentences before the first `END` of rows [R, T] that hold none in front."""
        rows = [row[: row.index(END)] if END in row else row for row in tokens.tolist()]
        return [str(text) for text in self.tokenizer.decode_batch(rows, skip_special_tokens=False)]

    def saved(self) -> str:
        """The tokenizer as JSON text."""
        return str(self.tokenizer.to_str())


def load_vocabulary(text: str) -> Vocabulary:
    """What `saved` gave."""
    return Vocabulary(Tokenizer.from_str(text))


def learn_vocabulary(sentences: Sequence[str], n_tokens: int) -> Vocabulary:
    """At most `n_tokens` tokens: all bytes, and the byte pairs that are joined most often."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\d+"), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens,
        special_tokens=[_END_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences[:_MOST_LEARNT_FROM], trainer)
    return Vocabulary(tokenizer)

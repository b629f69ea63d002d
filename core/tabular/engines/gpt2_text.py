"""GPT-2 on text: rows written as sentences of byte pairs and continued freely; what cannot be read is drawn again.

The plain form beside the tabular one: nothing tells it where a column ends or which values it has. It learns that from
scratch, and how many of its sentences are no rows is said with every progress.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import ValenceError
from core.progress import Progress, Steps, retold
from core.tabular.budget import Budget
from core.tabular.engines.gpt2_text_settings import Gpt2TextSettings
from core.tabular.engines.language.sentences import Readable, SentenceForm
from core.tabular.engines.language.vocabulary import END, Vocabulary, learn_vocabulary, load_vocabulary
from core.tabular.engines.networks.arrays import set_weights, weights_of
from core.tabular.engines.networks.categorical import draw_codes
from core.tabular.engines.networks.gpt2 import Gpt2, Gpt2Shape
from core.tabular.engines.networks.passes import capped
from core.tabular.engines.networks.training import TrainingPlan, build, repeatable, train_network
from core.tabular.engines.rejection import sample_by_rejection
from core.tabular.plain import Condition, PlainColumn, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_DRAWN_AT_ONCE: Final = 256
_LEAST_DRAWN: Final = 1_000  # before sampling gives up on a model that writes no rows
_ROOM: Final = 4  # tokens that a sentence may be longer than every training one


def fit(table: PlainTable, settings: Gpt2TextSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Learn to write rows of a plain table within `budget_s` CPU seconds.

    `ValenceError` where they are too few, or where the trained model writes hardly any sentence that can be read.
    """
    budget, form = Budget(budget_s), SentenceForm(table.columns, table.target)
    yield Progress(0, settings.trainer.steps, "the rows are written as sentences")
    sentences = form.write(table)
    vocabulary = learn_vocabulary(sentences, settings.n_tokens)
    tokens = torch.from_numpy(vocabulary.tokens_of(sentences))
    n_positions = tokens.shape[1] + _ROOM
    network = build(lambda: SentenceModel(_shape(vocabulary, n_positions, settings)), seed)
    network.start_from_shares(tokens)
    trainer = capped(settings.trainer, settings.most_passes, len(table))
    plan = TrainingPlan(trainer, seed, budget, "the text language model's training")
    yield from train_network(network, lambda rows: network.loss(tokens[rows]), len(table), plan)
    fitted = TextGpt2(form, vocabulary, network, settings)
    fitted.writer().draw(_DRAWN_AT_ONCE, np.random.default_rng([seed, 12]))  # refuses a model that writes no rows
    return fitted


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = Gpt2TextSettings.model_validate(saved.settings["settings"])
    columns = tuple(PlainColumn(**column) for column in saved.settings["columns"])
    vocabulary = load_vocabulary(saved.settings["vocabulary"])
    shape = _shape(vocabulary, saved.settings["n_positions"], settings)
    network = build(lambda: SentenceModel(shape), 0)
    set_weights(network, saved.arrays)
    return TextGpt2(SentenceForm(columns, saved.settings["target"]), vocabulary, network, settings)


def _shape(vocabulary: Vocabulary, n_positions: int, settings: Gpt2TextSettings) -> Gpt2Shape:
    return Gpt2Shape(
        vocabulary.n_tokens, n_positions, settings.width, settings.n_layers, settings.n_heads, settings.dropout
    )


class SentenceModel(nn.Module):
    """GPT-2 with its output's bias, over rows of tokens [B, T] that begin and end with `END`."""

    def __init__(self, shape: Gpt2Shape) -> None:
        super().__init__()
        self.gpt2 = Gpt2(shape)
        self.bias = nn.Parameter(torch.zeros(shape.n_tokens))

    def start_from_shares(self, tokens: Tensor) -> None:
        """Set the output's bias to the logarithm of every token's share."""
        counts = torch.bincount(tokens[:, 1:].flatten(), minlength=len(self.bias)) + 0.5
        with torch.no_grad():
            self.bias.copy_((counts / counts.sum()).log())

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the next token, [.., V]."""
        return functional.linear(hidden, self.gpt2.token.weight, self.bias)

    def loss(self, tokens: Tensor) -> Tensor:
        """Nats per token, the first `END` after a sentence among them and those beyond it not."""
        length = (tokens[:, 1:] != END).sum(dim=1) + 1
        longest = int(length.max())
        read, following = tokens[:, :longest], tokens[:, 1 : longest + 1]
        is_text = torch.arange(longest) < length[:, None]
        hidden = self.gpt2(self.gpt2.token(read))
        return functional.cross_entropy(self.logits(hidden[is_text]), following[is_text])


@dataclass(frozen=True, slots=True)
class TextGpt2:
    """A fitted language model of sentences."""

    form: SentenceForm
    vocabulary: Vocabulary
    network: SentenceModel
    settings: Gpt2TextSettings

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows from sentences that can be read and meet `where`; `ValenceError` where hardly any can be read."""
        writer = self.writer()
        steps = sample_by_rejection(writer.draw, self.form.columns, self.form.target, n, seed, where, _DRAWN_AT_ONCE)
        return retold(steps, lambda progress: progress._replace(note=f"{progress.note}; {writer.unreadable}"))

    def writer(self) -> "Writer":
        """A fresh count of what is drawn."""
        return Writer(self)

    def saved(self) -> SavedModel:
        """Settings, columns, the vocabulary and the weights."""
        settings = {
            "settings": self.settings.model_dump(mode="json"),
            "columns": [asdict(column) for column in self.form.columns],
            "target": self.form.target,
            "vocabulary": self.vocabulary.saved(),
            "n_positions": self.network.gpt2.shape.n_positions,
        }
        return SavedModel(settings, weights_of(self.network))

    def sentences(self, n: int, rng: np.random.Generator) -> list[str]:
        """`n` sentences as the model continues nothing."""
        network, n_positions = self.network, self.network.gpt2.shape.n_positions
        tokens = torch.full((n, n_positions), END, dtype=torch.int64)
        with torch.inference_mode(), repeatable(int(rng.integers(2**62))):
            memory, going = network.gpt2.memory(n), torch.ones(n, dtype=torch.bool)
            for at in range(1, n_positions):
                hidden = network.gpt2(network.gpt2.token(tokens[:, at - 1 : at]), memory)[:, 0]
                chosen = draw_codes(network.logits(hidden) / self.settings.temperature, torch.rand(n))
                tokens[:, at] = torch.where(going, chosen, END)
                going &= chosen != END
                if not bool(going.any()):
                    break
        return self.vocabulary.sentences_of(tokens[:, 1:].numpy())


class Writer:
    """Draws readable rows and counts the sentences that are not."""

    def __init__(self, model: TextGpt2) -> None:
        self._model, self.n_drawn, self.n_unreadable = model, 0, 0

    def draw(self, n: int, rng: np.random.Generator) -> PlainTable:
        """Some of `n` rows, at least one; `ValenceError` where sentence after sentence is no row."""
        while True:
            found: Readable = self._model.form.read(self._model.sentences(max(n, 32), rng))
            self.n_drawn += len(found.table) + found.n_unreadable
            self.n_unreadable += found.n_unreadable
            n_read = self.n_drawn - self.n_unreadable
            if self.n_drawn >= _LEAST_DRAWN and n_read * self._model.settings.draws_per_row < self.n_drawn:
                fix = "Train it for more steps, or choose the tabular GPT-2, which writes nothing else than rows."
                raise ValenceError(f"Of {self.n_drawn:,} sentences drawn {n_read:,} can be read as rows.", fix)
            if len(found.table):
                return found.table

    @property
    def unreadable(self) -> str:
        """How many sentences were no rows, in words."""
        return f"{self.n_unreadable:,} of {self.n_drawn:,} sentences were no rows"

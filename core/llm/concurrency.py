"""How many calls may be in flight: fewer at once when the provider complains, one more after a round of successes."""


class AdaptiveLimit:
    """A limit between 1 and `n_max` that halves when the provider is overrun and grows by one per round of successes.

    A round is what was in flight together: of many refusals of calls that started before the limit last fell, none
    lowers it again, for they say nothing about the lower limit. (Additive increase, multiplicative decrease: Chiu and
    Jain, 1989.) It is a plain value: whoever shares it among threads guards it.
    """

    def __init__(self, n_max: int) -> None:
        if n_max < 1:
            raise ValueError(f"at least one call must be allowed, not {n_max}")
        self._n_max = n_max
        self._limit = float(n_max)  # a user's number of workers is what the provider is expected to take
        self._round = 0
        self.n_in_flight = 0

    @property
    def limit(self) -> int:
        """Calls allowed in flight now."""
        return int(self._limit)

    @property
    def has_room(self) -> bool:
        """Whether one more call may start."""
        return self.n_in_flight < self.limit

    def enter(self) -> int:
        """Count a call in, and return its round, which `slow_down` asks for."""
        self.n_in_flight += 1
        return self._round

    def leave(self) -> None:
        """Count a call out."""
        self.n_in_flight -= 1

    def slow_down(self, round_: int) -> None:
        """Halve the limit because a call of this round was one too many."""
        if round_ == self._round:
            self._limit = max(1.0, self._limit / 2)
            self._round += 1

    def speed_up(self) -> None:
        """Grow by one part of a call per success, so by one call in a round."""
        self._limit = min(float(self._n_max), self._limit + 1 / self._limit)

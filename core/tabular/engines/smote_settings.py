"""What may be set of the synthesizers that interpolate between neighbouring rows."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

MOST_ROWS: Final = 20_000


class SmoteKnnSettings(BaseModel):
    """`n_neighbours` of each row to interpolate towards, all of a class that has fewer.

    `most_rows`: of a larger class, this many rows drawn at random are what it is interpolated from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_neighbours: int = Field(default=5, ge=1, le=100)
    most_rows: int = Field(default=MOST_ROWS, ge=10, le=100_000)


class SmoteNcSettings(SmoteKnnSettings):
    """As for SMOTE: neighbours interpolate numbers and vote on codes."""


class SmoteSvmSettings(SmoteKnnSettings):
    """`penalty` of the support vector machine; among `n_around` rows of any class, a seed row is judged safe or not.

    `reach`: how far outwards, as a share of the distance to the neighbour, a safe seed may be extrapolated. Fewer rows
    of a class than elsewhere, because the machine's time grows with their square and cannot be interrupted.
    """

    most_rows: int = Field(default=6_000, ge=10, le=100_000)
    n_around: int = Field(default=10, ge=2, le=100)
    penalty: float = Field(default=1.0, gt=0, le=1_000)
    reach: float = Field(default=0.5, ge=0, le=1)


class SmoteTomekSettings(SmoteKnnSettings):
    """As for SMOTE; made rows that form a Tomek link with a row of another class are left out."""


class GmmSmoteSettings(BaseModel):
    """`n_components` of each class's mixture, fewer in a class without ten rows for each; its partners are a component.

    The mixture is fitted on the `n_axes` main axes of the rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_components: int = Field(default=12, ge=1, le=64)
    n_axes: int = Field(default=8, ge=1, le=32)
    most_rows: int = Field(default=MOST_ROWS, ge=10, le=100_000)

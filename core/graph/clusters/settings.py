"""Every knob of the clustering of a catalogue."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class HdbscanSettings(BaseModel):
    """How density clusters are found. `min_samples` None means as many as `min_cluster_size`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_cluster_size: int = Field(default=2, ge=2, le=10_000)
    min_samples: int | None = Field(default=None, ge=1, le=10_000)
    metric: Literal["euclidean", "manhattan", "chebyshev"] = "euclidean"
    selection_method: Literal["eom", "leaf"] = "eom"
    selection_epsilon: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    alpha: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    allow_single_cluster: bool = False


class UmapSettings(BaseModel):
    """How vectors are reduced before density is measured. `n_epochs` None leaves the number to UMAP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_neighbors: int = Field(default=15, ge=2, le=200)
    n_components: int = Field(default=15, ge=2, le=100)
    min_dist: float = Field(default=0.0, ge=0, le=1)
    metric: Literal["cosine", "euclidean", "correlation"] = "cosine"
    n_epochs: int | None = Field(default=None, ge=1, le=10_000)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class ClusterSettings(BaseModel):
    """The geometry stage of the cluster strategy, applied to each modality on its own.

    A modality with at least `reduce_from` attributes is reduced by UMAP, a smaller one by PCA to as many dimensions;
    one with fewer than `cluster_from` attributes is not clustered. `map_seed` seeds the 2-D map. `stability_runs`
    more runs, on other seeds and part of the dimensions, say how far the clusters depend on chance; 0 leaves them out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hdbscan: HdbscanSettings = HdbscanSettings()
    umap: UmapSettings = UmapSettings()
    reduce_from: int = Field(default=20, ge=5)
    cluster_from: int = Field(default=15, ge=2)
    map_seed: int = Field(default=0, ge=0, le=2**32 - 1)
    n_exemplars: int = Field(default=3, ge=1, le=20)
    stability_runs: int = Field(default=4, ge=0, le=50)

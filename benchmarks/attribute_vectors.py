"""How well vectors of attributes keep like together: the share of attributes whose nearest other is of their group.

The groups were written by hand from what everybody knows of the names, not from the trait table; but a trait table
that knows the same things makes descriptions and traits strong by design, so the figures compare vectors, not models.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Row
from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.attribute_text import catalogue_texts
from core.graph.attribute_vectors import joined_vectors, share_of_same_group, trait_vectors
from core.knowledge.traits import load_trait_table
from core.llm.minilm import MiniLmEmbedder

CATALOGUE = Path(__file__).resolve().parents[1] / "data" / "catalogues" / "large.csv"

GROUPS: Mapping[str, Mapping[str, str]] = {
    "brand": {
        "sport": "Adidas|Nike|Puma|Under Armour|Lululemon|The North Face|Patagonia",
        "luxury": "Chanel|Dior|Gucci|Hermès|Louis Vuitton|Rolex|Tiffany & Co.",
        "fast fashion": "H&M|Shein|Uniqlo|Zara|Levi's",
        "beauty": "Dove|Estée Lauder|Fenty Beauty|L'Oréal Paris|Maybelline|Sephora",
        "electronics": "Apple|Samsung|Sony",
        "work software": "Google Cloud|HubSpot|Microsoft|Salesforce|SAP|Slack",
        "drinks": "Coca-Cola|Heineken|Pepsi|Red Bull|Oatly|Nestlé",
        "eating out": "KFC|McDonald's|Starbucks",
        "vehicles": "BMW|Ferrari|Harley-Davidson|Tesla|Toyota",
        "travel": "Airbnb|Booking.com|Emirates|Ryanair",
        "money": "Itau|Revolut|Visa",
        "family and fun": "Disney|LEGO|Netflix",
    },
    "audience": {
        "active": "Athletes|Cyclists|Fitness Enthusiasts|Runners|Yoga Practitioners",
        "outdoors": "Outdoor Adventurers|Winter Sports Enthusiasts",
        "watching sport": "Basketball Fans|Football Fans|Formula 1 Fans|Car Enthusiasts",
        "games and fandom": "Anime Fans|Esports Viewers|Gamers|K-Pop Fans",
        "style": "Beauty Enthusiasts|Fashion Enthusiasts|Sneakerheads|Streetwear Fans",
        "luxury": "Luxury Shoppers|Luxury Travelers|Wine Enthusiasts",
        "travel": "Backpackers|Frequent Flyers",
        "thrift": "Bargain Hunters|Budget Shoppers",
        "green and healthy": "Eco-Conscious Consumers|Health-Conscious Eaters|Vegans",
        "home": "DIY Enthusiasts|Gardeners|Home Cooks|Home Decorators|Foodies",
        "business": "C-Suite Executives|Entrepreneurs|HR Managers|Marketing Managers|Sales Professionals|Small Business Owners",  # noqa: E501
        "technology": "IT Decision Makers|Software Developers|Tech Enthusiasts",
        "culture": "Book Lovers|Movie Buffs|Music Festival Goers",
        "young": "College Students|Gen Z|Men 18-34|Women 18-34",
        "middle-aged": "Men 35-54|Women 35-54",
    },
}


def run() -> Iterator[Row]:
    """Bare values, values with descriptions, and traits joined to them, for brands and for audiences."""
    catalogue = catalogue_or_error(read_catalogue_file(CATALOGUE))
    table = load_trait_table()
    embedder = MiniLmEmbedder()
    embedder.embed(["loads the model"])
    started = time.perf_counter()
    bare = embedder.embed([attribute.value for attribute in catalogue.attributes])
    between = time.perf_counter()
    described = embedder.embed(catalogue_texts(catalogue, table))
    ended = time.perf_counter()
    yield Row("embed a bare value", (between - started) / len(catalogue) * 1e3, 3.0, None, "ms", "published: 3")
    yield Row("embed a value with description", (ended - between) / len(catalogue) * 1e3, None, None, "ms")
    traits = trait_vectors(catalogue, table)
    kinds = {"bare value": bare, "value: description": described, "traits": traits}
    kinds |= {"description joined with traits": joined_vectors(described, traits)}
    for modality in GROUPS:
        first = same_group(catalogue, modality, bare)
        for name, vectors in kinds.items():
            share = same_group(catalogue, modality, vectors)
            yield Row(f"{modality}: nearest of same group, {name}", share, first, share / first, "share", "bare value")


def same_group(catalogue: Catalogue, modality: str, vectors: NDArray[np.float32]) -> float:
    """The share within one modality, by the groups above."""
    group_of = {name: group for group, names in GROUPS[modality].items() for name in names.split("|")}
    positions = list(catalogue.positions_by_modality[modality])
    groups = [group_of.get(catalogue.attributes[position].value, "") for position in positions]
    return share_of_same_group(vectors[positions], groups)

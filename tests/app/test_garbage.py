"""What is alive at the start is passed over by later collections; what comes later is still collected."""

import gc
import weakref

from app.garbage import set_aside


class Ring:
    def __init__(self) -> None:
        self.me = self


def test_only_what_was_alive_is_set_aside() -> None:
    kept = Ring()
    try:
        set_aside()
        assert gc.get_freeze_count() > 10_000
        assert not any(found is kept for found in gc.get_objects())
        gone = weakref.ref(Ring())
        gc.collect()
        assert gone() is None
    finally:
        gc.unfreeze()
    assert any(found is kept for found in gc.get_objects())

"""Values that are made once, however many ask for them at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Place:
    """Of one key: who holds the lock makes the value, and the others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made: tuple[Any, ...] = ()


class Once:
    """At most so many values by key; those that were not asked for longest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of the key, made where there is none; what ``make`` raises is not kept."""
        place = self._place(key)
        if not place.made:
            with place.lock:
                if not place.made:
                    place.made = (make(),)
        return place.made[0]

    def _place(self, key: Hashable) -> _Place:
        with self._lock:
            place = self._places.get(key)
            if place is None:
                place = self._places[key] = _Place()
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
            return place

    def clear(self) -> None:
        """What is being made meanwhile goes to those who wait for it, and is not kept."""
        with self._lock:
            self._places.clear()

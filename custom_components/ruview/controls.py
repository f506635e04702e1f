"""What can be asked of a node: the server announces what it shows, its buttons follow from that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, override

from homeassistant.const import Platform

from .api.catalog import EntityKey
from .api.models import Entity

# The select of the server, and its options by the number that the server knows.
PRIVACY_CLASS: Final = "privacy_class"
PRIVACY_CLASSES: Final[Mapping[str, int]] = {"anonymous": 2, "restricted": 3}

# The settings of a room.
HOLD_TIME: Final = "hold_time"
SENSITIVITY: Final = "sensitivity"

# Entities that the server does not announce: it shows what they command in other ways.
LOCAL_KEYS: Final = frozenset({HOLD_TIME, PRIVACY_CLASS, SENSITIVITY})


class ControlKey(StrEnum):
    """What a button does."""

    CALIBRATE = "calibrate"
    RESET_PRESENCE = "reset_presence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Entity):
    """A button of a node. It has no state of its own and follows that of another entity."""

    follows: str

    @property
    @override
    def state_id(self) -> str:
        """Return the id of the state that says whether the node can do anything now."""
        return self.follows


def with_controls(entities: Iterable[Entity]) -> Mapping[str, Entity]:
    """Return the entities by id, with a button of each kind for every node that has a baseline."""
    return {
        entity.entity_id: entity for announced in entities for entity in (announced, *_controls_that_follow(announced))
    }


def _controls_that_follow(entity: Entity) -> Iterable[Control]:
    """Return the buttons of the node whose calibration this is."""
    if entity.key != EntityKey.CALIBRATION:
        return
    for key in ControlKey:
        yield Control(
            entity_id=f"{Platform.BUTTON}.{entity.device_id}_{key}",
            unique_id=f"{entity.unique_id.removesuffix(EntityKey.CALIBRATION)}{key}",
            device_id=entity.device_id,
            key=key,
            domain=Platform.BUTTON,
            enabled_default=key is ControlKey.CALIBRATE,
            follows=entity.entity_id,
        )


def privacy_class_name(privacy_class: int) -> str | None:
    """Return what users call a privacy class; None for one that is not theirs to choose."""
    return next((name for name, number in PRIVACY_CLASSES.items() if number == privacy_class), None)

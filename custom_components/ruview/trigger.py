"""Automation triggers: what happened, named as people name it, in the rooms and areas that they choose."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.components.event.const import EventEntityCapabilityAttribute, EventEntityStateAttribute
from homeassistant.const import ATTR_ENTITY_ID, CONF_TYPE, EntityStateAttribute
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, State, callback
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerNotTriggeredReporter,
)

from .api.catalog import ENTITY_OPTIONS, EntityKey
from .const import ATTR_DATA, EVENT_RUVIEW
from .registries import async_filter_entities

ATTR_EVENT_TYPE = "event_type"

# What every event entity has; the rest is what the event says.
_ENTITY_ATTRIBUTES = frozenset({*EntityStateAttribute, *EventEntityCapabilityAttribute, *EventEntityStateAttribute})


def _said(state: State) -> dict[str, Any]:
    """Return what the last event of an event entity says."""
    return {name: value for name, value in state.attributes.items() if name not in _ENTITY_ATTRIBUTES}


class RuViewEventTrigger(StatelessEntityTriggerBase):
    """Fires once for each event of one type. Nothing happened when an event entity comes or comes back."""

    _domain_specs: Mapping[str, DomainSpec] = {EVENT_DOMAIN: DomainSpec()}
    _key: ClassVar[str]
    _event_type: ClassVar[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave only the entities that such an event can happen to."""
        return async_filter_entities(self._hass, super().entity_filter(entities), self._key)

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        """Return whether the last event is of the type."""
        return bool(state.attributes.get(EventEntityStateAttribute.EVENT_TYPE) == self._event_type)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Attach the trigger; its variables also say what the event says."""

        @callback
        def _run(extra_trigger_payload: dict[str, Any], description: str, context: Context | None = None) -> Any:  # noqa: ANN401 - as run_action
            said = {ATTR_EVENT_TYPE: self._event_type, ATTR_DATA: _said(extra_trigger_payload["to_state"])}
            return run_action({**extra_trigger_payload, **said}, description, context)

        return await super().async_attach_runner(_run, did_not_trigger)


class FallRiskElevatedTrigger(EntityTriggerBase):
    """Fires when the risk of a room rose to its threshold. The server knows when; the sensor only shows the risk."""

    _schema = ENTITY_STATE_TRIGGER_SCHEMA

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Attach the trigger to what is told of the sensors that the target has now."""
        target = TargetSelection(self._target)

        @callback
        def _handle(event: Event) -> None:
            if event.data.get(CONF_TYPE) != EntityKey.FALL_RISK_ELEVATED:
                return
            entity_id = event.data.get(ATTR_ENTITY_ID)
            selected = async_extract_referenced_entity_ids(self._hass, target, expand_group=False)
            if entity_id in selected.referenced | selected.indirectly_referenced:
                said = {ATTR_EVENT_TYPE: EntityKey.FALL_RISK_ELEVATED.value, ATTR_DATA: event.data.get(ATTR_DATA, {})}
                run_action({ATTR_ENTITY_ID: entity_id, **said}, f"fall risk of {entity_id}", event.context)

        return self._hass.bus.async_listen(EVENT_RUVIEW, _handle)


def _event_trigger(key: str, event_type: str) -> type[RuViewEventTrigger]:
    """Create the trigger of one type of event."""

    class _EventTrigger(RuViewEventTrigger):
        """Trigger of one type of event."""

        _key = key
        _event_type = event_type

    return _EventTrigger


# Triggers by name, each named as its event is; those that would not say what they are about get another name.
_NAMES: Mapping[str, str] = {"transition": "room_transition"}
TRIGGERS: Mapping[str, type[Trigger]] = {
    EntityKey.FALL_RISK_ELEVATED.value: FallRiskElevatedTrigger,
    **{
        _NAMES.get(event_type, event_type): _event_trigger(key, event_type)
        for key in (EntityKey.ACTIVITY, EntityKey.FALL, EntityKey.BED_EXIT, EntityKey.MULTI_ROOM_TRANSITION)
        for event_type in ENTITY_OPTIONS[key]
    },
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001
    """Return the triggers."""
    return dict(TRIGGERS)
